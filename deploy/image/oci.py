#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Root file systems to one OCI archive: a tar of an image layout, with an index of platforms if there are several. The
same input gives the same bytes. usage: oci.py ... ARCH=ROOTFS.tar ..."""
import argparse
import gzip
import hashlib
import io
import json
import pathlib
import tarfile
import time

OCI = "application/vnd.oci.image."
LAYER, CONFIG, MANIFEST, INDEX = (OCI + kind for kind in ("layer.v1.tar+gzip", "config.v1+json", "manifest.v1+json", "index.v1+json"))


class Layout:
    """Blobs by their digests."""

    def __init__(self):
        self.blobs = {}

    def add(self, kind, content, **more):
        """The descriptor of a blob."""
        if not isinstance(content, bytes):
            content = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content), **more}

    def write(self, path, manifests):
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index, sort_keys=True).encode()}
        files |= {f"blobs/sha256/{digest}": content for digest, content in self.blobs.items()}
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name in ("blobs", "blobs/sha256"):
                entry = tarfile.TarInfo(name)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            for name in sorted(files):
                entry = tarfile.TarInfo(name)
                entry.size = len(files[name])
                archive.addfile(entry, io.BytesIO(files[name]))


def labels(options, created):
    named = {"title": "hostnetd", "description": "finds the AI workloads that share a Kubernetes node's network",
             "version": options.version, "revision": options.commit, "created": created,
             "licenses": "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)"}
    return {f"org.opencontainers.image.{name}": value for name, value in named.items()}


def add_image(layout, options, arch, rootfs, created):
    """The manifest's descriptor. User 0: Kubernetes gives added capabilities to no other user."""
    raw = rootfs.read_bytes()
    layer = layout.add(LAYER, gzip.compress(raw, compresslevel=9, mtime=0))
    platform = {"architecture": arch, "os": "linux"}
    config = layout.add(CONFIG, {
        **platform, "created": created,
        "config": {"User": "0:0", "Env": ["PATH=/usr/bin"], "Entrypoint": ["/usr/bin/hostnetd"], "Cmd": ["run"], "WorkingDir": "/",
                   "StopSignal": "SIGTERM", "Labels": labels(options, created)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(raw).hexdigest()}"]},
        "history": [{"created": created, "created_by": "make image"}]})
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer],
                "annotations": labels(options, created)}
    return layout.add(MANIFEST, manifest, platform=platform)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("name", "version", "commit", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--time", type=int, required=True, help="when the commit was made")
    parser.add_argument("images", nargs="+", metavar="ARCH=ROOTFS")
    options = parser.parse_args()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.time))
    layout = Layout()
    manifests = []
    for word in sorted(options.images):
        arch, _, path = word.partition("=")
        manifests.append(add_image(layout, options, arch, pathlib.Path(path), created))
    top = manifests[0]
    if len(manifests) > 1:
        top = layout.add(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests,
                                 "annotations": labels(options, created)})
    # containerd reads the first, podman the second: it takes the whole reference for the name.
    top["annotations"] = {"io.containerd.image.name": options.name, "org.opencontainers.image.ref.name": options.name}
    layout.write(options.output, [top])
    print(f"{options.output}: {options.name} {top['digest']}")
    for word, one in zip(sorted(options.images), manifests):
        size = sum(part["size"] for part in json.loads(layout.blobs[one["digest"].removeprefix("sha256:")])["layers"])
        print(f"  {word.partition('=')[0]}: {one['digest']}, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
