#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside a virtual machine: starts the agent with each netns hook, goes the ways into the host's netns in cgroups of
# pods' form, and sees whether it was told. One line a hook and way: "row HOOK WAY ok|MISSED|late|-|FALSE". Exit 1 if a row is bad.
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

# line WORD...: does a line of what was told have all these words?
line() {
	awk 'BEGIN {
		while ((getline line < "/tmp/events") > 0) {
			for (i = 1; i < ARGC && index(line, ARGV[i]); i++);
			if (i == ARGC) exit 0
		}
		exit 1
	}' "$@"
}

# await SECONDS WORD...: such a line. An emulated CPU starts programs slowly, and what looks takes it from the agent: few looks,
# of one program each.
await() {
	looks=$(($1 * 3))
	shift
	until line "$@"; do
		[ $looks -gt 0 ] || return 1
		looks=$((looks - 1))
		sleep 0.33
	done
}

# told NUMBER CAUSE SECONDS
told() { await "$3" '"finding.' "$(uid_of "$1")" "\"cause\":\"$2\""; }

row() { # HOOK WAY RESULT
	echo "row $1 $2 $3"
	case $3 in MISSED | FALSE) bad=1 ;; esac
}

# begin NUMBER NETNS WORD...: a container that goes a way; several go theirs at once
begin() {
	container "$@"
	eval "box$1=\$box"
}

# judge HOOK NUMBER NAME CAUSE [LATE]: was it told of? LATE: the hook does not see it, and a sweep of another agent does
judge() {
	eval "box=\$box$2"
	if told "$2" "$4" 20; then
		row "$1" "$3" ok
	elif [ -z "$(cat "$box/cgroup.procs")" ]; then
		row "$1" "$3" - # this kernel does not let it: junk above a call's number, before 5.13 without tracing
	elif [ -n "${5:-}" ]; then
		row "$1" "$3" "$5"
	else
		row "$1" "$3" MISSED
	fi
	end_container
}

# fact HOOK NUMBER NAME TEXT: is it in what was told of that pod?
fact() {
	if await 20 '"finding.' "$(uid_of "$2")" "$4"; then row "$1" "$3" ok; else row "$1" "$3" MISSED; fi
}

./datagram serve node-service >/dev/null &
service=$!
# The kernel lets no BPF program read it: only /proc is read, in sweeps. "guest.sh proc"
watch_proc() {
	./hostnetd doctor --pods-file pods.json --output table >/tmp/doctor 2>&1
	[ $? -eq 1 ] && grep -q 'only /proc is read' /tmp/doctor && row proc says-so ok || row proc says-so MISSED
	./hostnetd scan --pods-file pods.json --output json >/tmp/scan 2>/tmp/problems
	[ $? -eq 2 ] && grep -q '"complete":false' /tmp/scan && row proc no-false-pass ok || row proc no-false-pass MISSED
	: >/tmp/events
	./hostnetd run --output json --sweep-interval 2s --node-name vm --pods-file pods.json --log-level warning >/tmp/events \
		2>/tmp/problems &
	agent=$!
	begin 90 -n sleep 1000
	begin 1 '' sleep 1000
	begin 2 -n ./evade join
	begin 7 -n ./joiner /run/hostnet thread
	judge proc 1 declared declared
	judge proc 2 joined joined
	judge proc 7 thread joined
	if line '"finding.' "$(uid_of 90)"; then row proc own-netns FALSE; else row proc own-netns ok; fi
	box=$box90
	end_container
	kill $agent
	wait $agent
	[ $? -eq 0 ] || row proc ends MISSED
}

# Looks once, with all that this kernel allows. "guest.sh once"
look_once() {
	./hostnetd doctor --pods-file pods.json --output table
	[ $? -le 1 ] && row once doctor ok || row once doctor MISSED
	begin 1 '' sleep 1000
	begin 7 -n ./joiner /run/hostnet thread
	begin 90 -n sleep 1000
	sleep 3
	./hostnetd scan --pods-file pods.json --output json >/tmp/scan
	[ $? -eq 1 ] && grep -q '"complete":true' /tmp/scan && row once scan-complete ok || row once scan-complete MISSED
	for found in "1 declared" "7 joined"; do
		if tr '{' '\n' </tmp/scan | grep -q "\"cause\":\"${found#* }\"" && grep -q "$(uid_of "${found% *}")" /tmp/scan; then
			row once "scan-${found#* }" ok
		else
			row once "scan-${found#* }" MISSED
		fi
	done
	if grep -q "$(uid_of 90)" /tmp/scan; then row once own-netns FALSE; else row once own-netns ok; fi
	for number in 1 7 90; do
		eval "box=\$box$number"
		end_container
	done
}

if [ "${1:-}" = once ]; then
	look_once
	shift
	[ -n "${1:-}" ] || { kill $host $service; exit $bad; }
fi
[ "${1:-}" = proc ] && { watch_proc; kill $host $service; exit $bad; }
for hook in ${1:-fexit kprobe tracepoint tp_btf none}; do
	# With a hook no sweep comes by itself: what is told of was seen by a hook. 32-bit calls pass by a tracepoint of one call.
	sweep=600s late=''
	[ $hook = none ] && sweep=2s
	[ $hook = tracepoint ] && late=late
	: >/tmp/events
	./hostnetd run --output json --netns-hook $hook --sweep-interval $sweep --node-name vm --pods-file pods.json \
		--log-level warning >/tmp/events 2>/tmp/problems &
	agent=$!
	await 90 agent.started || { row $hook starts MISSED; cat /tmp/problems; }
	case $(grep -m 1 agent.started /tmp/events) in
	*"netns: none"*) [ $hook = none ] || { row $hook attaches -; kill $agent; wait $agent; continue; } ;;
	*"netns: $hook/"*) ;;
	*) row $hook attaches MISSED ;;
	esac
	grep -q 'does not run' /tmp/problems && row $hook runs MISSED
	row $hook attaches ok
	begin 90 -n sleep 1000
	begin 1 '' sleep 1000
	begin 2 -n ./evade join
	begin 3 -n ./evade number
	begin 4 -n ./evade int80
	begin 5 -n ./evade pidfd $host
	begin 6 -n ./evade orphan
	begin 7 -n ./joiner /run/hostnet thread
	begin 8 -n ./joiner /run/hostnet socket
	begin 9 -n ./borrow /run/hostnet udp
	begin 10 -n ./borrow /run/hostnet packet
	begin 11 '' ./datagram listen 47011
	begin 12 '' ./datagram call node-service
	judge $hook 1 declared declared
	judge $hook 2 joined joined
	judge $hook 3 junk-number joined
	judge $hook 5 pidfd joined
	judge $hook 6 orphan joined
	judge $hook 7 thread joined
	judge $hook 8 socket socket
	judge $hook 9 udp-socket socket
	judge $hook 10 packet-socket socket
	fact $hook 11 udp-port '"protocol":"udp"'
	fact $hook 12 abstract-socket '"name":"@node-service"'
	judge $hook 4 32-bit-call joined $late
	for number in 11 12; do
		eval "box=\$box$number"
		end_container
	done
	if line '"finding.' "$(uid_of 90)"; then row $hook own-netns FALSE; else row $hook own-netns ok; fi
	box=$box90
	end_container
	kill $agent
	wait $agent
	[ $? -eq 0 ] || row $hook ends MISSED
done
kill $host $service
exit $bad
