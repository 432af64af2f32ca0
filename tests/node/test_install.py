# SPDX-License-Identifier: Apache-2.0
"""`make install` and `make uninstall`, and the agent with what its systemd unit leaves it: read from the unit, so that
what is tested and what is installed cannot drift apart. systemd is not PID 1 here: it reads the unit, runc runs it."""
import json
import os
import re
import subprocess

import pod as pods
import rig
from container import HOST, Container
from kubelet import PodsFile

UNIT = rig.REPO / "deploy" / "systemd" / "hostnetd.service"
# What may be exposed at most, by systemd's own sum: a lower number is safer, 10 is none at all.
EXPOSURE = 36


def make(*words):
    clean = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "OUT")}
    command = [rig.tool("make"), "-s", f"OUT={rig.OUT}", *words]
    return subprocess.run(command, cwd=rig.REPO, env=clean, capture_output=True, text=True, timeout=300, check=True)


def settings(unit):
    """{name: its values in order}."""
    found = {}
    for line in unit.splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def expand(words):
    """System calls by their names and systemd's groups."""
    names = []
    for word in words:
        if not word.startswith("@"):
            names.append(word)
            continue
        text = subprocess.run([rig.tool("systemd-analyze"), "syscall-filter", word], capture_output=True, text=True, check=True).stdout
        names += expand([line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")])
    return names


class Install(rig.NodeTest):
    def files(self, root):
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())

    def test_install_and_uninstall(self):
        """Debian's places; settings that somebody changed survive both."""
        stage = self.rig.path("stage")
        words = (f"DESTDIR={stage}", "PREFIX=/usr")
        make("install", *words)
        self.assertEqual(self.files(stage), [
            "etc/hostnetd/hostnetd.yaml", "usr/bin/hostnetd", "usr/lib/systemd/system/hostnetd.service",
            *(f"usr/share/doc/hostnetd/{name}" for name in ("LICENSE", "README.md", "hostnetd.yaml"))])
        modes = {name: (stage / name).stat().st_mode & 0o7777 for name in self.files(stage)}
        self.assertEqual({name: mode for name, mode in modes.items() if mode != 0o644}, {"usr/bin/hostnetd": 0o755})
        done = subprocess.run([stage / "usr/bin/hostnetd", "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^hostnetd [0-9.]+ \(")
        own = stage / "etc/hostnetd/hostnetd.yaml"
        own.write_text("log-level: debug\n")
        make("install", *words)
        self.assertEqual(own.read_text(), "log-level: debug\n")
        make("uninstall", *words)
        self.assertEqual(self.files(stage), ["etc/hostnetd/hostnetd.yaml"])

    def test_places_of_ones_own(self):
        stage = self.rig.path("stage")
        make("install-strip", f"DESTDIR={stage}", "PREFIX=/opt/hn", "sysconfdir=/srv/etc", "UNITDIR=/units", "bindir=/opt/hn/sbin")
        unit = (stage / "units/hostnetd.service").read_text()
        self.assertIn("ExecStart=/opt/hn/sbin/hostnetd run --config /srv/etc/hostnetd/hostnetd.yaml", unit)
        binary = stage / "opt/hn/sbin/hostnetd"
        self.assertLess(binary.stat().st_size, rig.HOSTNETD.stat().st_size)
        self.assertEqual(subprocess.run([binary, "--version"], stdout=subprocess.DEVNULL, check=False).returncode, 0)
        make("uninstall", f"DESTDIR={stage}", "PREFIX=/opt/hn", "sysconfdir=/srv/etc", "UNITDIR=/units", "bindir=/opt/hn/sbin")
        self.assertEqual(self.files(stage), [])


class Unit(rig.NodeTest):
    def test_systemd_reads_it(self):
        """No word of it is unknown, and its exposure does not grow."""
        unit = self.rig.path("hostnetd.service")
        unit.write_text(UNIT.read_text().replace("/usr/bin/hostnetd", str(rig.HOSTNETD)))
        analyze = rig.tool("systemd-analyze")
        done = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if "hostnetd.service" in line]
        self.assertEqual((done.returncode, said), (0, []), done.stderr)
        done = subprocess.run([analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", unit], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-200:])
        broken = self.rig.path("broken.service")
        broken.write_text(unit.read_text().replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"))
        done = subprocess.run([analyze, "verify", "--man=no", broken], capture_output=True, text=True, check=False)
        self.assertIn("NoNewPrivilege", done.stderr)

    def test_settings_are_read(self):
        """The file that is installed is one that the program takes."""
        sample = rig.REPO / "deploy" / "systemd" / "hostnetd.yaml"
        active = self.rig.path("all.yaml")
        active.write_text("".join(line.removeprefix("#") if re.match(r"#[a-z-]+: ", line) else line
                                  for line in sample.read_text().splitlines(keepends=True)))
        for file in (sample, active):
            done = subprocess.run([rig.HOSTNETD, "run", "--config", file, "--listen", "none", "--help"], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        help_text = subprocess.run([rig.HOSTNETD, "run", "--help"], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"^([a-z-]+): ", active.read_text(), re.M)
        self.assertGreater(len(names), 5)
        for name in names:
            self.assertIn(f"--{name} ", help_text)

    def test_what_it_leaves_is_enough(self):
        """The unit's filter of system calls takes nothing from its capabilities: doctor says the same with and without it, and
        nothing that it tries fails. Drift is found."""
        wanted = settings(UNIT.read_text())
        capabilities = [name.removeprefix("CAP_") for name in wanted["CapabilityBoundingSet"][0].split()]
        calls = sorted(set(expand(wanted["SystemCallFilter"][0].split())))
        self.assertGreater(len(calls), 200)
        file = PodsFile(self.rig)
        drifter = file.add(pods.Pod("ml", "drifter", privileged=True))
        box = Container(self.rig, ["joiner", "/run/hostnet", "thread"], pod=drifter,
                        mounts=[(self.rig.host_netns_file(), "/run/hostnet", "ro")]).start()
        box.said("joined")
        file.publish()
        words = ["--output", "json", "--pods-file", str(file.file)]
        open_code, unfiltered = self.caged(["doctor", *words], capabilities, None)
        code, caged = self.caged(["doctor", *words], capabilities, calls)
        self.assertTrue(caged.startswith("{"), caged)

        def status(text):
            return {one["name"]: one["status"] for one in json.loads(text)["checks"]}
        self.assertEqual((code, status(caged)), (open_code, status(unfiltered)), caged)
        self.assertNotIn("failed", status(caged).values())
        # The filter is really there: without bpf(2) it says so.
        blind, _ = self.caged(["doctor", *words], capabilities, [name for name in calls if name != "bpf"])
        self.assertNotEqual(blind, 0)
        self.assertNotEqual(blind, code)
        code, found = self.caged(["scan", *words], capabilities, calls)
        self.assertEqual(code, 1, found)
        self.assertEqual([one["cause"] for one in json.loads(found)["findings"] if one.get("pod", {}).get("uid") == drifter.uid], ["joined"])

    def caged(self, words, capabilities, calls):
        """The host's programs and libraries, read-only, as ProtectSystem=strict leaves them."""
        root = self.rig.path(f"root-{os.urandom(3).hex()}")
        (root / "proc").mkdir(parents=True)
        places = ["/usr", "/sys", str(self.rig.dir), str(rig.OUT)]
        for name in ("bin", "lib", "lib64"):
            if os.path.islink(f"/{name}"):
                (root / name).symlink_to(os.readlink(f"/{name}"))
            else:
                places.append(f"/{name}")
        for place in places:
            (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
        one = Container(self.rig, [rig.HOSTNETD, *words], netns=HOST, host_pid=True, rootfs=root, capabilities=capabilities,
                        env=[("HOSTNETD_STORE", "none"), ("HOSTNETD_LISTEN", "none")],
                        mounts=[(place, place, "ro") for place in places])
        one.prepare()
        path = one.bundle / "config.json"
        config = json.loads(path.read_text())
        config["process"]["noNewPrivileges"] = True
        if calls:
            config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO",
                                          "syscalls": [{"names": calls, "action": "SCMP_ACT_ALLOW"}]}
        config["mounts"] = [mount for mount in config["mounts"] if mount["destination"] not in ("/dev", "/tmp")]
        path.write_text(json.dumps(config))
        return one.run(check=False), one.output or (one.bundle / "err").read_text()


if __name__ == "__main__":
    rig.unittest.main()
