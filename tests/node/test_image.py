# SPDX-License-Identifier: Apache-2.0
"""The image that `make image` writes: its form, what is in it, that it is the same each time, and that the program runs in it
and finds what it is there to find. Nothing of the host's file system is in reach of the program here."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

import engine
import oci
import pod as pods
import rig
from container import HOST, Container
from kubelet import Kubelet, PodsFile

PROGRAM = "/usr/bin/hostnetd"
QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
ALLOWED = re.compile(r"""usr/bin/hostnetd | lib64/ld-linux-x86-64\.so\.2 | lib/ld-linux-aarch64\.so\.1
    | usr/lib/(x86_64|aarch64)-linux-gnu/lib[a-z0-9_-]+(-2\.1)?\.so\.[0-9]+ | etc/ssl/certs/ca-certificates\.crt
    | usr/share/doc/[a-z0-9.+-]+/copyright | usr/share/doc/hostnetd/LICENSE""", re.X)
CAPABILITIES = ("BPF", "PERFMON")
VERSION = (rig.REPO / "VERSION").read_text().strip()


def archive_of(folder, linked=""):
    return folder / f"hostnetd-{VERSION}{linked}.oci.tar"


class ImageTest(rig.NodeTest):
    variables, linked = {}, ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = oci.build(**cls.variables)
        cls.archive = oci.Archive(archive_of(cls.folder, cls.linked))
        ((cls.config, cls.layer),) = cls.archive.images
        cls.root = oci.unpack(cls.layer, cls.shared.path("root"))

    def box(self, *words, mounts=(), netns=None, env=()):
        """A container of the image as the DaemonSet's is, with these words for the program."""
        words = [*self.config["config"]["Entrypoint"], *words]
        env = [("HOSTNETD_STORE", "none"), ("HOSTNETD_LISTEN", "none"), *env]
        mounts = [("/sys", "/sys", "ro"), *mounts]
        return Container(self.rig, words, rootfs=self.root, host_pid=True, netns=netns, mounts=mounts, env=env,
                         capabilities=CAPABILITIES, cgroup_namespace=True)

    def said(self, box):
        return (box.bundle / "err").read_text()


class Image(ImageTest):
    def test_config(self):
        config = self.config["config"]
        self.assertEqual((config["Entrypoint"], config["Cmd"], config["User"]), ([PROGRAM], ["run"], "0:0"))
        self.assertEqual(config["Env"], ["PATH=/usr/bin"])
        labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
        self.assertEqual((labels["title"], labels["version"], labels["created"]), ("hostnetd", VERSION, self.config["created"]))
        (top,) = self.archive.index["manifests"]
        self.assertEqual(set(top["annotations"].values()), {f"localhost/hostnetd:{VERSION}"})
        print(f"     image {archive_of(self.folder, self.linked).stat().st_size / 1e6:.1f} MB, unpacked {len(self.layer) / 1e6:.1f} MB")

    def test_content(self):
        """The program, its libraries, certificates, licences; owner, times and order say nothing about the builder."""
        found = oci.entries(self.layer)
        names = [one.name for one in found]
        self.assertEqual(names, sorted(names))
        for one in found:
            self.assertEqual((one.uid, one.gid, one.mtime, one.mode & 0o6022 if not one.isdir() and not one.issym() else 0),
                             (0, 0, 0, 0), one.name)
            self.assertTrue(one.isdir() or one.isfile() and ALLOWED.fullmatch(one.name) or one.name == "usr/lib/ssl/cert.pem",
                            one.name)
        runnable = [one.name for one in found if one.isfile() and one.mode & 0o111]
        self.assertEqual(sorted(set(runnable) - {"usr/bin/hostnetd"}), [one for one in runnable if "/ld-" in one])

    def test_authorities(self):
        """Mozilla's, whole: OpenSSL reads each of them, and none was added on this machine."""
        bundle = self.root / "etc/ssl/certs/ca-certificates.crt"
        count = bundle.read_text().count("-----BEGIN CERTIFICATE-----")
        self.assertEqual(count, len(list(pathlib.Path("/usr/share/ca-certificates/mozilla").glob("*.crt"))))

    def test_sbom(self):
        """Each file of the image with its checksum, each package with the version that dpkg knows."""
        path = self.folder / f"hostnetd-{VERSION}-{self.config['architecture']}{self.linked}.spdx.json"
        document = json.loads(path.read_text())
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(document["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertEqual(document["creationInfo"]["created"], self.config["created"])
        listed = {one["fileName"]: {each["algorithm"]: each["checksumValue"] for each in one["checksums"]} for one in document["files"]}
        there = {f"./{one.name}" for one in oci.entries(self.layer) if one.isfile()}
        self.assertEqual(set(listed), there)
        for name, sums in listed.items():
            self.assertEqual(sums["SHA256"], hashlib.sha256((self.root / name).read_bytes()).hexdigest(), name)
            self.assertEqual(sums["SHA1"], hashlib.sha1((self.root / name).read_bytes()).hexdigest(), name)
        ids = [one["SPDXID"] for one in [*document["packages"], *document["files"]]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual([one for one in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one)], [])
        for one in document["relationships"]:
            self.assertLessEqual({one["spdxElementId"], one["relatedSpdxElement"]}, {"SPDXRef-DOCUMENT", *ids})
        own, debian = document["packages"][0], document["packages"][1:]
        sums = "".join(sorted(one["SHA1"] for one in listed.values()))
        self.assertEqual(own["packageVerificationCode"]["packageVerificationCodeValue"], hashlib.sha1(sums.encode()).hexdigest())
        self.assertIn("libc6-dev" if self.linked else "libc6", [one["name"] for one in debian])
        for one in debian:
            done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", one["name"]], capture_output=True, text=True, check=True)
            self.assertEqual(one["versionInfo"], done.stdout, one["name"])
        known = {one["licenseId"] for one in document.get("hasExtractedLicensingInfos", [])}
        for one in debian:
            for word in re.split(r" AND ", one["licenseDeclared"]):
                self.assertTrue(word in known if word.startswith("LicenseRef-") else re.fullmatch(r"[A-Za-z0-9.-]+", word), word)
        self.assertIn("MIT", next(one["licenseDeclared"] for one in debian if one["name"].startswith("libcjson")))

    def test_runs(self):
        box = self.box("--version")
        box.run()
        self.assertRegex(box.output, r"^hostnetd [0-9.]+ \(")

    def test_no_shell(self):
        self.assertNotEqual(Container(self.rig, ["/bin/sh", "-c", "true"], rootfs=self.root).run(check=False), 0)

    def test_scan(self):
        """It finds what is declared and what drifted, with names by a kubelet's answer over TLS."""
        netns = self.rig.netns()
        kubelet = Kubelet(self.rig, netns=netns)
        declared = kubelet.add(pods.Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        drifter = kubelet.add(pods.Pod("ml", "drifter", privileged=True))
        Container(self.rig, QWEN, pod=declared).start()
        Container(self.rig, ["joiner", "/run/hostnet", "thread"], pod=drifter,
                  mounts=[(self.rig.host_netns_file(), "/run/hostnet", "ro")]).start().said("joined")
        kubelet.publish()
        options = [word if isinstance(word, str) else f"/kubelet/{word.name}" for word in kubelet.options()]
        (self.root / "kubelet").mkdir(exist_ok=True)
        box = self.box("scan", "--output", "json", *options, mounts=[(kubelet.dir, "/kubelet", "ro")], netns=netns)
        self.assertEqual(box.run(check=False), 1, self.said(box))
        found = {one["pod"]["uid"]: one for one in json.loads(box.output)["findings"] if "pod" in one}
        self.assertEqual((found[declared.uid]["cause"], found[declared.uid]["workload"]), ("declared", declared.workload))
        self.assertEqual(found[drifter.uid]["cause"], "joined")

    def test_doctor(self):
        """Nothing that it tries fails for want of something in the image."""
        file = PodsFile(self.rig)
        (self.root / "pods").mkdir(exist_ok=True)
        box = self.box("doctor", "--output", "json", "--pods-file", "/pods/pods.json", mounts=[(file.dir, "/pods", "ro")])
        self.assertIn(box.run(check=False), (0, 1), self.said(box))
        checks = {one["name"]: one["status"] for one in json.loads(box.output)["checks"]}
        self.assertEqual([name for name, status in checks.items() if status == "failed"], [], box.output)
        for name in ("btf", "catalogue"):
            self.assertEqual(checks.get(name, "ok"), "ok")

    def test_memory(self):
        """What `run` holds in it: printed, and there at all."""
        file = PodsFile(self.rig)
        (self.root / "pods").mkdir(exist_ok=True)
        box = self.box("run", "--output", "json", "--pods-file", "/pods/pods.json", mounts=[(file.dir, "/pods", "ro")]).start()
        rig.wait_until("the agent starts", lambda: "agent.started" in box.output, 30)
        status = pathlib.Path(f"/proc/{box.pid}/status").read_text()
        kilobytes = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1))
        self.assertGreater(kilobytes, 1000)
        print(f"     run in the image: {kilobytes / 1024:.1f} MiB resident")
        self.assertEqual(os.readlink(f"/proc/{box.pid}/exe"), PROGRAM)

    def test_names_and_authorities(self):
        """A name is found by /etc/hosts alone, and what signed a certificate is looked up in the image's own bundle: with
        another one in its place the same server is trusted."""
        server = Kubelet(self.rig)
        hosts = self.rig.path("hosts")
        hosts.write_text("127.0.0.1 localhost\n")
        (self.root / "etc/hosts").touch()
        pod_file = PodsFile(self.rig)
        (self.root / "pods").mkdir(exist_ok=True)
        words = ("audit", "--file", "/pods/pods.json", "--with-runtime", f"https://localhost:{server.port}", "--output", "json")
        mounts = [(hosts, "/etc/hosts", "ro"), (pod_file.dir, "/pods", "ro")]
        outside = self.box(*words, mounts=mounts, netns=HOST)
        self.assertEqual(outside.run(check=False), 2)
        self.assertRegex(self.said(outside) + outside.output, "certificate")
        bundle = (server.dir / "ca.crt", "/etc/ssl/certs/ca-certificates.crt", "ro")
        inside = self.box(*words, mounts=[*mounts, bundle], netns=HOST)
        self.assertEqual(inside.run(check=False), 2)
        self.assertNotRegex(self.said(inside) + inside.output, "certificate")
        self.assertRegex(self.said(inside) + inside.output, "40[0-9]")

    def test_engines(self):
        """podman and containerd take the archive and run it."""
        podman = engine.Podman(self.rig)
        name = f"localhost/hostnetd:{VERSION}"
        said = podman.load(archive_of(self.folder, self.linked))
        self.assertIn(name, said)
        self.assertRegex(podman.run_image(name, "--version"), r"^hostnetd [0-9.]+ \(")
        containerd = engine.Containerd(self.rig)
        engine.call(containerd.command("images", "import", "--snapshotter", "native", archive_of(self.folder, self.linked)))
        self.assertIn(name, engine.call(containerd.command("images", "list", "-q")).split())
        said = engine.call(containerd.command("run", "--rm", "--no-pivot", "--snapshotter", "native", name,
                                              f"image-{pods.suffix()}", PROGRAM, "--version"))
        self.assertRegex(said, r"^hostnetd [0-9.]+ \(")

    def test_reproducible(self):
        """Built somewhere else, it is the same bits. `make check` compiles all anew into that folder."""
        again = oci.build(rig.OUT / "werror")
        for path in (archive_of(self.folder, self.linked), self.folder / f"hostnetd-{VERSION}-{self.config['architecture']}.spdx.json"):
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(),
                             hashlib.sha256((again / path.name).read_bytes()).hexdigest(), path.name)


class Static(Image):
    """The same with all libraries linked in: certificates and names are where such programs have gone wrong."""
    variables, linked = {"STATIC": "1"}, "-static"
    # Of how an archive is written, not of how the program is linked.
    test_engines = test_reproducible = test_authorities = None

    def test_alone(self):
        self.assertEqual([one.name for one in oci.entries(self.layer) if ".so" in one.name], [])


if __name__ == "__main__":
    rig.unittest.main()
