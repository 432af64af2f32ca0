#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vmtest.sh - run one program on several real Debian kernels, under qemu.
#
#   vmtest.sh [options] [--] PROGRAM [ARG ...]
#
# Boots the kernel of every suite with a small initramfs (static busybox and
# your files), runs PROGRAM there as root, and prints what it wrote and how it
# ended.  No disk image, no guest network, no /dev/kvm and no root needed.
#
# PROGRAM is a file on this machine: it is copied to the guest's /payload and
# run there with its arguments.  Static is best; for a dynamically linked one
# the libraries that ldd names are copied too.  Otherwise it is a busybox applet:
#   vmtest.sh -p build/tests -- sh -c 'for t in ./test-*; do $t || exit 1; done'
#
#   -s SUITES   Debian suites, separated by blanks or commas (default
#               "bullseye bookworm trixie sid": 5.10, 6.1, 6.12, the newest).
#               SUITE:FLAVOUR picks a flavour: cloud-amd64 (default), amd64,
#               rt-amd64, cloud-arm64 (with -b and -r; qemu-system-arm).
#               "system" is what this machine's own sources offer.
#   -b BUSYBOX  static busybox of the guest's machine (default: this one's)
#   -r TAR      a root file system to unpack below all else: the libraries of
#               another machine's PROGRAM, which ldd cannot name
#   -c CACHE    folder for downloads (default ${XDG_CACHE_HOME:-~/.cache}/vmtest)
#   -p PATH     file, or folder whose contents, to put in /payload (repeatable)
#   -g MODE     cgroup layout in the guest: v2 (default), v1, hybrid
#   -k MODULES  kernel modules to load first, e.g. "veth dummy"
#   -a ARGS     more kernel command line, e.g. "lsm=bpf,capability"
#   -t SECONDS  limit of one boot, poweroff included (default 120)
#   -m MIB      guest memory (default 512)
#   -j CPUS     guest CPUs (default 2)
#   -o DIR      what PROGRAM leaves in the guest's /out comes to DIR/SUITE:FLAVOUR
#   -A ACCEL    qemu accelerator: tcg (default, works everywhere) or kvm
#   -R          look for newer kernels than the cached ones
#   -F          fetch the kernels only
#   -v          show the whole console, boot messages included
#   -h          show this text
#
# The guest has /proc, /sys (cgroup, bpf, tracefs, debugfs, securityfs), /dev,
# /tmp, /run, lo up, no memlock limit, VMTEST_GUEST=1 and VMTEST_SUITE.
#
# Exit status: 0 if PROGRAM exited 0 on every kernel, else the first other one.
# 2: wrong usage.  124: a boot ran past -t.  125: the guest died without a
# verdict, or there is no kernel.  126: PROGRAM passed but the kernel logged a
# BUG, WARNING or Oops meanwhile.  Last line: "vmtest: N passed, N failed".
#
# Needs the Debian packages qemu-system-x86, busybox-static, and for -k kmod,
# xz-utils and zstd.  Kernels come from the mirror that this machine's own apt
# sources name (VMTEST_MIRROR overrides it), through an apt configuration of
# its own in CACHE that trusts only the installed debian-archive-keyring.
# shellcheck disable=SC2086   # $apt_opts and $modules are lists of words
set -eu

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
suites='' payload='' modules='' kargs='' cgmode=v2 limit=120 mem=512 cpus=2
outdir='' rootfs='' bb='' accel=tcg refresh=0 fetch_only=0 verbose=0 work='' vm=''
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmtest
NL='
'

say() { printf 'vmtest: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }
usage() { sed -n '3,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//p}' "$0"; }
misuse() { say "$* (vmtest.sh -h shows the usage)"; exit 2; }

while getopts s:b:r:c:p:g:k:a:t:m:j:o:A:RFvh opt; do
	case $opt in
	s) suites="$suites $(printf %s "$OPTARG" | tr , ' ')" ;;
	b) bb=$OPTARG ;;
	r) rootfs=$OPTARG ;;
	c) cache=$OPTARG ;;
	p) [ -e "$OPTARG" ] || misuse "-p: no such file: $OPTARG"
		payload="$payload$OPTARG$NL" ;;
	g) cgmode=$OPTARG ;;
	k) modules="$modules $(printf %s "$OPTARG" | tr , ' ')" ;;
	a) kargs="$kargs $OPTARG" ;;
	t) limit=$OPTARG ;;
	m) mem=$OPTARG ;;
	j) cpus=$OPTARG ;;
	o) outdir=$OPTARG ;;
	A) accel=$OPTARG ;;
	R) refresh=1 ;; F) fetch_only=1 ;; v) verbose=1 ;;
	h) usage; exit 0 ;;
	*) misuse "wrong option" ;;
	esac
done
shift $((OPTIND - 1))
[ $fetch_only = 1 ] || [ $# -gt 0 ] || misuse "no PROGRAM"
case $limit,$mem,$cpus, in *[!0-9,]* | *,,*) misuse "-t, -m, -j: a number" ;; esac
case $cgmode in v1 | v2 | hybrid) ;; *) misuse "-g: v1, v2 or hybrid" ;; esac
case $accel in tcg) accel='tcg,thread=multi' ;; kvm) ;; *) misuse "-A: tcg or kvm" ;; esac
[ -n "${suites# }" ] || suites='bullseye bookworm trixie sid'
if [ $fetch_only = 0 ]; then
	own=$(command -v busybox) || die "install busybox-static"
	bb=${bb:-$own}
	if ldd "$bb" >/dev/null 2>&1; then die "busybox is not static: install busybox-static"; fi
	PATH=$PATH:/sbin:/usr/sbin
	[ -z "$modules" ] || command -v modprobe >/dev/null || die "install kmod"
fi
mkdir -p "$cache" && cache=$(cd "$cache" && pwd)
trap '[ -z "$vm" ] || kill "$vm" 2>/dev/null || true; [ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT && trap 'exit 143' TERM HUP

# --- kernels: CACHE/kernels/SUITE:FLAVOUR/{vmlinuz,INFO,lib/modules} ---------

mirror_uri() { # the Debian mirror that the system's sources name, for suite $1
	case $1 in *-security) want=1 ;; *) want=0 ;; esac
	# shellcheck disable=SC2016   # apt's own format, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' |
		awk -v want=$want '$3 == "Debian" && ($2 ~ /security/) == want { print $1; exit }'
}

apt_setup() { # sets $dir and $apt_opts for suite $1, and updates its lists
	dir=$cache/apt/$1-$arch
	mkdir -p "$dir/cache/archives/partial" "$dir/lists/partial" "$dir/debs"
	apt_opts="-qq -o Dir::Cache=$dir/cache -o APT::Architecture=$arch -o APT::Architectures::=$arch -o Acquire::Languages=none
		-o Acquire::Retries=3 -o Acquire::http::Timeout=60"
	[ "$(id -u)" != 0 ] || apt_opts="$apt_opts -o APT::Sandbox::User=root" # _apt may not reach CACHE
	[ "$1" != system ] || return 0
	[ -r $keyring ] || die "install debian-archive-keyring"
	uri=${VMTEST_MIRROR:-$(mirror_uri "$1")}
	[ -n "$uri" ] || die "no Debian mirror in this machine's apt sources: run apt-get update, or set VMTEST_MIRROR"
	: >"$dir/status"
	echo "deb [arch=$arch signed-by=$keyring] $uri $1 main" >"$dir/sources.list"
	apt_opts="$apt_opts -o Dir::Etc::SourceList=$dir/sources.list -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::TrustedParts=/dev/null -o Dir::Etc::Preferences=/dev/null
		-o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists=$dir/lists
		-o Dir::State::status=$dir/status"
	timeout 300 apt-get $apt_opts update >&2
}

fetch_kernel() { # SUITE FLAVOUR
	kdir=$cache/kernels/$1:$2
	if [ -s "$kdir/INFO" ] && [ $refresh = 0 ]; then return 0; fi
	apt_setup "$1" || return 1
	# linux-image-FLAVOUR depends on the one package that it stands for.
	found=$(apt-cache $apt_opts show --no-all-versions "linux-image-$2" 2>/dev/null |
		sed -n 's/^Depends: .*\(linux-image-[0-9][^ ]*\) *(= *\([^)]*\)).*/\1=\2/p' | head -1)
	[ -n "$found" ] || { say "$1: no package linux-image-$2"; return 1; }
	if [ "$(head -1 "$kdir/INFO" 2>/dev/null)" = "$found" ]; then return 0; fi
	rm -rf "$kdir" "$kdir.new"
	mkdir -p "$kdir.new/root" "$kdir.new/lib"
	# Newer suites split a kernel over image, binary and modules packages.
	queue=${found%%=*} seen=' '
	while [ -n "$queue" ]; do
		pkg=${queue%% *} queue=${queue#"${queue%% *}"} queue=${queue# }
		case $seen in *" $pkg "*) continue ;; esac
		seen="$seen$pkg "
		rm -f "$dir/debs/"*.deb
		(cd "$dir/debs" && timeout 600 apt-get $apt_opts download "$pkg=${found#*=}" >&2) || return 1
		dpkg-deb -x "$dir/debs/"*.deb "$kdir.new/root" || return 1
		queue=$(dpkg-deb -f "$dir/debs/"*.deb Depends | tr , '\n' |
			sed -n 's/^ *\(linux-\(binary\|modules\|image\)-[0-9][^ ]*\).*/\1/p' | tr '\n' ' ')$queue
	done
	rm -f "$dir/debs/"*.deb
	img=$(find "$kdir.new/root" -name 'vmlinuz*' -type f | head -1) # not always in /boot
	mods=$(find "$kdir.new/root" -path '*/lib/modules' -type d | head -1)
	{ mv "$img" "$kdir.new/vmlinuz" && mv "$mods" "$kdir.new/lib/modules"; } || return 1
	rm -rf "$kdir.new/root"
	echo "$found" >"$kdir.new/INFO"
	mv "$kdir.new" "$kdir" && say "$1: fetched $found"
}

# --- initramfs: one cpio archive, not compressed (inflating is slow in TCG) --

copy_modules() { # ROOT: $modules and what they need, numbered in loading order
	rel=$(basename "$kdir"/lib/modules/*)
	[ -e "$kdir/lib/modules/$rel/modules.dep.bin" ] || depmod -b "$kdir" "$rel" 2>/dev/null
	mkdir "$1/modules"
	n=100
	for m in $modules; do
		kos=$(modprobe -d "$kdir" -S "$rel" --show-depends "$m") || { say "no module $m in $rel"; return 1; }
		for ko in $(printf '%s\n' "$kos" | sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
			n=$((n + 1)) name=$(basename "${ko%.ko*}").ko
			case $ko in *.xz) xz -dc "$ko" ;; *.zst) zstd -qdc "$ko" ;; *) cat "$ko" ;; esac >"$1/modules/$n-$name"
		done
	done
}

write_init() { # ROOT
	cat >"$1/init" <<-'INIT'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		exec </dev/console >/dev/console 2>&1
		/bin/busybox --install -s /bin
		export PATH=/bin:/payload HOME=/ TERM=dumb VMTEST_GUEST=1
		. /vmtest.env
		m() { mkdir -p "$2" && mount -t "$1" ${3:+-o "$3"} "$1" "$2" 2>/dev/null; }
		m proc /proc; m sysfs /sys; m tmpfs /tmp; m tmpfs /run; m tmpfs /dev/shm; m devpts /dev/pts
		m bpf /sys/fs/bpf; m tracefs /sys/kernel/tracing; m debugfs /sys/kernel/debug
		m securityfs /sys/kernel/security
		cg=/sys/fs/cgroup
		if [ $VMTEST_CGROUP = v2 ]; then m cgroup2 $cg; else
			m tmpfs $cg
			for c in $(sed -n 's/^\([a-z_]*\)\t.*\t1$/\1/p' /proc/cgroups); do
				m cgroup $cg/$c $c || rmdir $cg/$c
			done
			m cgroup $cg/systemd none,name=systemd
			[ $VMTEST_CGROUP = v1 ] || m cgroup2 $cg/unified
		fi
		ip link set lo up
		ulimit -l unlimited
		for ko in /modules/*.ko; do
			[ ! -e "$ko" ] || insmod "$ko" 2>/dev/null || grep -q "^$(basename "${ko#*-}" .ko | tr - _) " /proc/modules || echo "vmtest: cannot load $ko"
		done
		stty -onlcr
		dmesg -c >/dev/null
		cd /payload
		echo "<<$VMTEST_NONCE begin $(uname -r)>>"
		sh /vmtest.cmd </dev/null
		rc=$?
		dmesg | grep -E -A 12 'BUG:|WARNING:|Oops:|general protection' >/tmp/.bad && head -60 /tmp/.bad
		echo "<<$VMTEST_NONCE end $rc $(grep -c . /tmp/.bad)>>"
		[ "$VMTEST_OUT" != 1 ] || { stty -F /dev/ttyS1 raw; tar -cf - -C /out . | gzip -1 >/dev/ttyS1; }
		poweroff -f
	INIT
	chmod 755 "$1/init"
}

build_initramfs() { # ROOT OUTPUT PROGRAM [ARG ...]
	root=$1 image=$2
	shift 2
	mkdir -p "$root"
	[ -z "$rootfs" ] || tar -xf "$rootfs" -C "$root" || return 1
	mkdir -p "$root/bin" "$root/sbin" "$root/dev" "$root/etc" "$root/out" "$root/payload"
	cp "$bb" "$root/bin/busybox"
	echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
	printf %s "$payload" | while IFS= read -r p; do
		if [ -d "$p" ]; then cp -RL "$p/." "$root/payload/"; else cp -L "$p" "$root/payload/"; fi
	done
	if [ -f "$1" ]; then
		cp -L "$1" "$root/payload/"
		name=./$(basename "$1")
		shift && set -- "$name" "$@"
	fi
	find "$root/payload" -type f -perm -u+x -exec ldd {} \; 2>/dev/null |
		grep -o '/[^ ]*' | sort -u | while IFS= read -r lib; do
			[ ! -f "$lib" ] || { mkdir -p "$root${lib%/*}" && cp -L "$lib" "$root$lib"; }
		done
	[ -z "$modules" ] || copy_modules "$root" || return 1
	write_init "$root"
	for word; do printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done >"$root/vmtest.cmd"
	printf 'export VMTEST_SUITE=%s\nVMTEST_NONCE=%s VMTEST_CGROUP=%s VMTEST_OUT=%s\n' \
		"${label%:*}" "$nonce" "$cgmode" "${outdir:+1}" >"$root/vmtest.env"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$image"
}

# --- boot --------------------------------------------------------------------

boot() { # PROGRAM [ARG ...] on $label; sets $verdict, $note, $rel, $wall
	rel='?' wall=0
	work=$(mktemp -d "$cache/run.XXXXXX")
	nonce=vmtest-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
	build_initramfs "$work/root" "$work/initramfs" "$@" ||
		{ rm -rf "$work"; verdict=125 note='no initramfs'; return; }
	level=quiet out=${outdir:+"-serial file:$work/out.tgz"}
	case $arch in
	arm64) qemu='qemu-system-aarch64 -machine virt' words='console=ttyAMA0' ;;
	*) qemu='qemu-system-x86_64 -machine q35' words='console=ttyS0 tsc=reliable no_timer_check mitigations=off' ;;
	esac
	[ $verbose = 0 ] || level=ignore_loglevel
	start=$(date +%s%3N) rc=0
	timeout --foreground -k 5 "$limit" $qemu -accel $accel -cpu max \
		-smp "$cpus" -m "$mem" -nodefaults -no-user-config -display none -no-reboot -serial stdio $out \
		-kernel "$kdir/vmlinuz" -initrd "$work/initramfs" -append "$words $level panic=-1 oops=panic
		random.trust_cpu=on audit=0 $kargs" \
		</dev/null >"$work/serial" 2>"$work/qemu.err" &
	vm=$!
	wait $vm || rc=$?
	vm='' wall=$(($(date +%s%3N) - start))
	tr -d '\r' <"$work/serial" >"$work/console"
	rel=$(sed -n "s/^.*<<$nonce begin \(.*\)>>.*/\1/p" "$work/console" | head -1)
	end=$(sed -n "s/^.*<<$nonce end \(.*\)>>.*/\1/p" "$work/console" | head -1)
	verdict=${end%% *} note=''
	if [ -z "$end" ]; then
		verdict=125 note="the guest died (qemu exit $rc)"
		if [ $rc = 124 ] || [ $rc = 137 ]; then verdict=124 note="no verdict within ${limit}s"; fi
	elif [ "$verdict" = 0 ] && [ "${end#* }" != 0 ]; then
		verdict=126 note='the kernel complained'
	fi
	if [ $verbose = 1 ] || [ -z "$end" ]; then
		cat "$work/console" "$work/qemu.err"
	else
		sed -n "/<<$nonce begin/,/<<$nonce end/{/^<<$nonce/d;s/<<$nonce.*//;p}" "$work/console"
	fi
	if [ -s "$work/out.tgz" ]; then
		mkdir -p "$outdir/$label"
		tar -xzf "$work/out.tgz" -C "$outdir/$label" || note="$note /out came back damaged"
	fi
	rm -rf "$work"
}

passed=0 failed=0 status=0 report=''
for label in $suites; do
	case $label in *:*) ;; *) label=$label:cloud-amd64 ;; esac
	rel='' wall=0 note='' verdict=0 arch=${label##*-}
	exec 9>"$cache/lock" && flock 9 # one fetch at a time in one CACHE
	fetch_kernel "${label%%:*}" "${label#*:}" || verdict=125 note='no kernel'
	exec 9>&-
	if [ $verdict = 0 ] && [ $fetch_only = 0 ]; then
		echo "vmtest: ---- $label"
		boot "$@"
	fi
	if [ $verdict = 0 ]; then passed=$((passed + 1)) word=ok; else
		failed=$((failed + 1)) word="FAILED($verdict)"
		[ $status != 0 ] || status=$verdict
	fi
	report="$report$(printf 'vmtest: %s %s %s %d.%03ds %s' "$word" "$label" "${rel:-$(cat "$cache/kernels/$label/INFO" 2>/dev/null)}" \
		$((wall / 1000)) $((wall % 1000)) "$note")$NL"
done
printf %s "$report"
echo "vmtest: $passed passed, $failed failed"
exit $status
