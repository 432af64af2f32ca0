#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Writes the root file system of the image as a tar, and its SBOM: the program, its shared libraries with their loader, CA
certificates, the licences of what is in it, and empty folders to mount over. The same input gives the same bytes."""
import argparse
import io
import pathlib
import tarfile

import debian
import elf
import spdx

PROGRAM = "/usr/bin/hostnetd"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Where Debian's OpenSSL looks by itself.
LINKS = {"/usr/lib/ssl/cert.pem": BUNDLE}
FOLDERS = {"/dev": 0o755, "/proc": 0o755, "/run": 0o755, "/sys": 0o755, "/tmp": 0o1777, "/var/lib/hostnetd": 0o700}
# Linked into a static program; the rest of its list is in deploy/package.mk.
STATIC = ("libbpf-dev", "libelf-dev", "zlib1g-dev", "libevent-dev", "libssl-dev", "libsqlite3-dev", "libyaml-dev", "libcjson-dev",
          "libc6-dev", "libgcc-12-dev")


class Tree:
    """Files, links and folders by their paths."""

    def __init__(self):
        self.files, self.folders = {}, dict(FOLDERS)

    def add(self, path, content, mode=0o644):
        self.files[path] = (content, mode)

    def write(self, path):
        folders = dict(self.folders)
        for name in [*self.files, *LINKS, *self.folders]:
            for parent in pathlib.PurePosixPath(name).parents:
                folders.setdefault(str(parent), 0o755)
        folders.pop("/")
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted({*folders, *self.files, *LINKS}):
                entry = tarfile.TarInfo(name.lstrip("/"))  # owner 0, time 0
                if name in folders:
                    entry.type, entry.mode = tarfile.DIRTYPE, folders[name]
                    archive.addfile(entry)
                elif name in LINKS:
                    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, LINKS[name], 0o777
                    archive.addfile(entry)
                else:
                    content, entry.mode = self.files[name]
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("arch", "version", "commit", "output", "sbom", "licence"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--root", default="/", type=pathlib.Path, help="where that machine's packages are")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--time", type=int, required=True, help="when the commit was made")
    parser.add_argument("program", type=pathlib.Path)
    options = parser.parse_args()
    root = options.root.resolve()

    tree, owners = Tree(), {}
    libraries = elf.closure(options.readelf, options.program, root, options.arch)
    tree.add(PROGRAM, options.program.read_bytes(), 0o755)
    tree.add("/usr/share/doc/hostnetd/LICENSE", pathlib.Path(options.licence).read_bytes())
    for path, file in libraries.items():
        tree.add(path, file.read_bytes(), 0o755 if "/ld-" in path else 0o644)
        owners[path] = debian.owner(root, file)
    tree.add(BUNDLE, debian.authorities(root))
    owners[BUNDLE] = "ca-certificates"
    linked = () if libraries else STATIC
    packages = {name: debian.package(root, name) for name in sorted({*owners.values(), *linked})}
    for one in packages.values():
        path = f"/usr/share/doc/{one.name}/copyright"
        tree.add(path, one.copyright.read_bytes())
    tree.write(options.output)
    spdx.write(options, tree.files, packages, owners, linked, PROGRAM)


if __name__ == "__main__":
    main()
