# SPDX-License-Identifier: Apache-2.0
"""Which shared libraries a program needs, and its loader: asked of readelf, so that a program of another machine is no
different. Nothing is run, and ldd, which does, is not asked."""
import pathlib
import re
import subprocess

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


def inside(root, path):
    """The file that an absolute path of `root` leads to, its links followed within `root`."""
    found, left = root, [part for part in pathlib.PurePosixPath(path).parts if part != "/"]
    for _ in range(200):
        if not left:
            return found
        step = found / left.pop(0)
        if not step.is_symlink():
            found = step
            continue
        target = pathlib.PurePosixPath(step.readlink())
        if target.is_absolute():
            # sysroot.sh has made absolute links into ones below the root.
            found, target = root, pathlib.PurePosixPath(str(target).removeprefix(str(root).rstrip("/")).lstrip("/"))
        left = [*target.parts, *left]
        while left and left[0] == "..":
            left.pop(0)
            found = found.parent if found != root else root
    raise ValueError(f"{path}: too many links")


def read(readelf, path):
    said = subprocess.run([readelf, "-W", "-l", "-d", str(path)], capture_output=True, text=True, check=True).stdout
    loader = re.search(r"\[Requesting program interpreter: (\S+)\]", said)
    return (loader.group(1) if loader else None), re.findall(r"\(NEEDED\).*\[(\S+)\]", said)


def closure(readelf, program, root, arch):
    """{path in the image: file here}; empty for a static program."""
    loader, wanted = read(readelf, program)
    found, folder = {}, f"/usr/lib/{TRIPLETS[arch]}"
    if loader:
        found[loader] = inside(root, loader)
    while wanted:
        name = wanted.pop()
        target = f"{folder}/{name}"
        if target in found or (loader and pathlib.PurePosixPath(loader).name == name):
            continue
        places = [inside(root, f"{one}/{name}") for one in (folder, folder.removeprefix("/usr"))]
        file = next((place for place in places if place.is_file()), None)
        if not file:
            raise SystemExit(f"{program}: {name} is not in {folder}")
        found[target] = file
        wanted += read(readelf, file)[1]
    return found
