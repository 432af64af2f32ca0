# SPDX-License-Identifier: Apache-2.0
"""The image as `make image` writes it: read back by the rules of the OCI image specification, and its root file system."""
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile

import rig as rigs

OCI = "application/vnd.oci.image."
MANIFEST, INDEX, CONFIG, LAYER = (OCI + kind for kind in ("manifest.v1+json", "index.v1+json", "config.v1+json", "layer.v1.tar+gzip"))


class Broken(AssertionError):
    """A rule of the specification does not hold."""


def must(condition, what):
    if not condition:
        raise Broken(what)


def build(out=None, **variables):
    """Runs `make image` and returns the folder it wrote to. `out`: where everything is built, else where this is tested."""
    out = out or rigs.OUT
    # As a make by hand names it: what its objects depend on is listed under that name.
    words = [rigs.tool("make"), "-s", f"-j{os.cpu_count()}", f"OUT={os.path.relpath(out, rigs.REPO)}",
             *(f"{key}={value}" for key, value in variables.items())]
    # A make above must not hand its own variables down: SAN=1 is not for an image.
    clean = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "OUT")}
    done = subprocess.run([*words, "image"], cwd=rigs.REPO, env=clean, capture_output=True, text=True, timeout=600, check=False)
    must(done.returncode == 0, f"make image: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return out / "image"


class Archive:
    """One archive, wholly checked when it is opened."""

    def __init__(self, path):
        self.path = path
        with tarfile.open(path) as archive:
            self.files = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
        self.used = set()
        must(json.loads(self.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}, "oci-layout")
        self.index = json.loads(self.files["index.json"])
        self.images = self.check_index(self.index)
        blobs = {name for name in self.files if name.startswith("blobs/")}
        must(blobs == self.used, f"blobs that nothing names: {blobs - self.used}")
        must(set(self.files) == blobs | {"oci-layout", "index.json"}, "files that are no part of a layout")

    def blob(self, descriptor, kinds):
        must(set(descriptor) <= {"mediaType", "digest", "size", "annotations", "platform"}, f"descriptor {sorted(descriptor)}")
        must(descriptor["mediaType"] in kinds, descriptor["mediaType"])
        must(re.fullmatch(r"sha256:[0-9a-f]{64}", descriptor["digest"]), descriptor["digest"])
        name = "blobs/" + descriptor["digest"].replace(":", "/")
        content = self.files[name]
        must(len(content) == descriptor["size"], f"{name}: {len(content)} bytes, not {descriptor['size']}")
        must(hashlib.sha256(content).hexdigest() == descriptor["digest"][7:], f"{name}: another content")
        self.used.add(name)
        return content

    def check_index(self, index):
        """[(config, layer's bytes)] of all images below it."""
        must((index["schemaVersion"], index["mediaType"]) == (2, INDEX), "index")
        found = []
        for one in index["manifests"]:
            inner = json.loads(self.blob(one, (MANIFEST, INDEX)))
            found += self.check_index(inner) if one["mediaType"] == INDEX else [self.check_manifest(inner, one["platform"])]
        return found

    def check_manifest(self, manifest, platform):
        must((manifest["schemaVersion"], manifest["mediaType"]) == (2, MANIFEST), "manifest")
        config = json.loads(self.blob(manifest["config"], (CONFIG,)))
        must(platform == {"os": config["os"], "architecture": config["architecture"]}, "platform")
        layers = [gzip.decompress(self.blob(one, (LAYER,))) for one in manifest["layers"]]
        must(config["rootfs"]["type"] == "layers", "rootfs.type")
        sums = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
        must(config["rootfs"]["diff_ids"] == sums, "diff_ids")
        must(len([one for one in config["history"] if not one.get("empty_layer")]) == len(layers), "history")
        must(len(layers) == 1, "one layer")
        return config, layers[0]


def entries(layer):
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return tar.getmembers()


def unpack(layer, folder):
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        tar.extractall(folder, filter="tar") if hasattr(tarfile, "tar_filter") else tar.extractall(folder)
    return folder
