# SPDX-License-Identifier: Apache-2.0
"""What dpkg knows of files: whose they are, which version that is, under which licences; from this machine's database or
from that of a folder which sysroot.sh made."""
import dataclasses
import pathlib
import re
import subprocess

from elf import inside

FIELDS = ("binary:Package", "Package", "Version", "Architecture", "source:Package", "source:Version", "Homepage")
# Debian's short names that SPDX's list calls otherwise; what is in neither becomes a reference of the document's own.
SPDX = {"Apache-2.0": "Apache-2.0", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause", "BSD-2-Clause": "BSD-2-Clause",
        "BSD-3-Clause": "BSD-3-Clause", "Expat": "MIT", "MIT": "MIT", "ISC": "ISC", "Zlib": "Zlib", "zlib": "Zlib",
        "GPL-2": "GPL-2.0-only", "GPL-2.0": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-2.0+": "GPL-2.0-or-later",
        "GPL-3": "GPL-3.0-only", "GPL-3+": "GPL-3.0-or-later", "GPL-3.0+": "GPL-3.0-or-later", "LGPL-2": "LGPL-2.0-only",
        "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later", "LGPL-3": "LGPL-3.0-only",
        "LGPL-3+": "LGPL-3.0-or-later", "MPL-2.0": "MPL-2.0", "Artistic": "Artistic-1.0-Perl", "FSFUL": "FSFUL"}


@dataclasses.dataclass
class Package:
    """One installed package; `licences` are the short names of its copyright file, [] if that is not machine readable."""
    name: str
    version: str
    arch: str
    source: str
    source_version: str
    homepage: str
    copyright: pathlib.Path
    licences: list

    @property
    def purl(self):
        version = self.version.replace("+", "%2B").replace("~", "~").replace(":", "%3A")
        return f"pkg:deb/debian/{self.name.replace('+', '%2B')}@{version}?arch={self.arch}"


def query(root, *words):
    return subprocess.run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", *words], capture_output=True, text=True, check=False)


def owner(root, file):
    """The package of a file below `root`; packages of before and after /usr was merged name it differently."""
    path = "/" + str(file.relative_to(root))
    for name in (path, path.removeprefix("/usr"), "/usr" + path):
        done = query(root, "-S", name)
        if done.returncode == 0:
            return done.stdout.splitlines()[0].rsplit(": ", 1)[0].split(",")[0]
    raise SystemExit(f"{file}: of no package: what is in the image must be known")


def licences(text):
    if not re.match(r"\s*Format(-Specification)?:", text):
        return []
    names = set()
    for line in re.findall(r"^License:[ \t]*(.+)$", text, re.M):
        names |= {word for word in re.split(r"\s+(?:and|or|with)\s+|[,|]", line.strip()) if re.fullmatch(r"[A-Za-z0-9.+-]+", word)}
    return sorted(names)


def package(root, name):
    done = query(root, "-W", "-f", "\t".join(f"${{{field}}}" for field in FIELDS), name)
    if done.returncode != 0:
        raise SystemExit(f"{name}: dpkg does not know it: {done.stderr.strip()}")
    _, short, version, arch, source, source_version, homepage = done.stdout.split("\t")
    copyright_file = inside(root, f"/usr/share/doc/{short}/copyright")
    if not copyright_file.is_file():
        raise SystemExit(f"{name}: no copyright file: the image must carry its licence")
    text = copyright_file.read_text(encoding="utf-8", errors="replace")
    return Package(short, version, arch, source, source_version, homepage, copyright_file, licences(text))


def authorities(root):
    """Mozilla's certificate authorities as the package ca-certificates ships them: not /etc/ssl of this machine, to which
    others may have added their own, and not the package's example of such an addition."""
    listed = query(root, "-L", "ca-certificates")
    if listed.returncode != 0:
        raise SystemExit("ca-certificates is not installed")
    names = sorted(line for line in listed.stdout.splitlines() if line.startswith("/usr/share/ca-certificates/") and line.endswith(".crt"))
    parts = [inside(root, name).read_bytes().strip() + b"\n" for name in names]
    if len(parts) < 50:
        raise SystemExit("ca-certificates has too few certificates")
    return b"".join(parts)
