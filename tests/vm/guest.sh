#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside a virtual machine: starts the agent with each netns hook, goes the ways into the host's netns in cgroups of
# pods' form, and sees whether it was told. One line a hook and way: "row HOOK WAY ok|MISSED|-|FALSE". Exit 1 if a row is bad.
# The way's container is a process that a "runtime" moves into the cgroup and that executes in namespaces of its own.
set -u
cd /payload || exit 1
cg=/sys/fs/cgroup
[ -d $cg/pids ] && cg=$cg/pids
bad=0
touch /run/hostnet
mount --bind /proc/self/ns/net /run/hostnet
mkdir -p $cg/kubepods/besteffort
sleep 100000 &
host=$!

# uid_of NUMBER: the uid that pods.py gave the way's pod
uid_of() { printf '00000000-0000-4000-8000-%012d' "$1"; }

# container NUMBER NETNS WORD...: leaves $box, the cgroup
container() {
	box=$cg/kubepods/besteffort/pod$(uid_of "$1")/$(printf '%064d' "$1")
	netns=$2
	shift 2
	mkdir -p "$box"
	sh -c 'echo 0 > "$0/cgroup.procs"; exec unshare -m '"$netns"' sh -c '\''exec "$@"'\'' sh "$@"' "$box" "$@" >>/tmp/said 2>&1 &
}

end_container() {
	for pid in $(cat "$box/cgroup.procs" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
}

# told NUMBER CAUSE SECONDS
told() {
	n=0
	while [ $n -lt $(($3 * 10)) ]; do
		grep '"finding\.' /tmp/events | grep "$(uid_of "$1")" | grep -q "\"cause\":\"$2\"" && return 0
		sleep 0.1
		n=$((n + 1))
	done
	return 1
}

row() { # HOOK WAY RESULT
	echo "row $1 $2 $3"
	case $3 in MISSED | FALSE) bad=1 ;; esac
}

# way HOOK NUMBER NAME CAUSE NETNS WORD...: with the hook `none` and with 32-bit calls by tracepoint the sweep has to find it
way() {
	hook=$1 number=$2 name=$3 cause=$4
	netns=$5
	shift 5
	container "$number" "$netns" "$@"
	if told "$number" "$cause" 20; then
		row "$hook" "$name" ok
	elif [ -z "$(cat "$box/cgroup.procs")" ]; then
		row "$hook" "$name" - # this kernel does not let it: junk above a call's number, before 5.13 without tracing
	else
		row "$hook" "$name" MISSED
	fi
	end_container
}

for hook in fexit tracepoint tp_btf none; do
	./hostnetd doctor --netns-hook $hook --pods-file pods.json --output table >/tmp/doctor 2>&1
	said=$(sed -n 's/.*hook netns *//p' /tmp/doctor | head -1)
	case $said in none*) [ $hook = none ] || { row $hook attaches -; continue; } ;; esac
	row $hook attaches ok
	: >/tmp/events
	./hostnetd run --output json --netns-hook $hook --sweep-interval 2s --node-name vm --pods-file pods.json \
		--log-level warning >/tmp/events 2>/tmp/problems &
	agent=$!
	n=0
	until grep -q agent.started /tmp/events; do
		sleep 0.1
		n=$((n + 1))
		[ $n -lt 300 ] || { row $hook starts MISSED; cat /tmp/problems; break; }
	done
	container 90 -n sleep 1000
	quiet=$box
	way $hook 1 declared declared '' sleep 1000
	way $hook 2 joined joined -n ./evade join
	way $hook 3 junk-number joined -n ./evade number
	way $hook 4 32-bit-call joined -n ./evade int80
	way $hook 5 pidfd joined -n ./evade pidfd $host
	way $hook 6 orphan joined -n ./evade orphan
	way $hook 7 thread joined -n ./joiner /run/hostnet thread
	way $hook 8 socket socket -n ./joiner /run/hostnet socket
	way $hook 9 udp-socket socket -n ./borrow /run/hostnet udp
	way $hook 10 packet-socket socket -n ./borrow /run/hostnet packet
	if grep '"finding\.' /tmp/events | grep -q "$(uid_of 90)"; then row $hook own-netns FALSE; else row $hook own-netns ok; fi
	box=$quiet
	end_container
	kill $agent
	wait $agent
	[ $? -eq 0 ] || row $hook ends MISSED
done
kill $host
exit $bad
