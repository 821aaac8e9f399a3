"""Fetch the vendored front-end files from their npm packages, check them and write them into the tree.

    python3 tools/fetch_vendor.py            fetch, verify against the checksums below, write
    python3 tools/fetch_vendor.py --print    fetch and print checksums (after changing a version)

Needs `npm` (only its `pack` command). Nothing here runs on a merchant's machine: the files are committed.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "xiaohe" / "web" / "static" / "vendor"
TEST_VENDOR = ROOT / "tests" / "web" / "vendor"

TABLER, ICONS, HTMX, AXE = (
    "@tabler/core@1.6.1",
    "@tabler/icons@3.51.0",
    "htmx.org@2.0.11",
    "axe-core@4.14.1",
)

# One line per icon, because every one is inlined by `{% icon %}` and nothing else is wanted.
ICON_NAMES = [
    "arrow-back-up",
    "arrow-right",
    "bolt",
    "calendar-event",
    "chart-bar",
    "check",
    "chevron-left",
    "chevron-right",
    "cloud-upload",
    "copy",
    "device-mobile",
    "dots",
    "download",
    "file-spreadsheet",
    "heart",
    "history",
    "language",
    "link",
    "lock",
    "moon",
    "package",
    "plus",
    "printer",
    "refresh",
    "search",
    "settings",
    "sun",
    "trash",
    "upload",
    "users",
    "x",
    "building-store",
    "info-circle",
    "alert-triangle",
]

# The tarball of @tabler/core carries no licence file; this is the text of the project's repository.
TABLER_LICENCE = """\
The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors
Copyright (c) 2018-2026 codecalm.net Pawel Kuna
Includes Bootstrap, Copyright (c) 2011-2026 The Bootstrap Authors, under the same licence.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""


@dataclass(frozen=True)
class Wanted:
    """One file of one package and where it goes."""

    package: str
    member: str
    target: Path


WANTED = [
    Wanted(TABLER, "package/dist/css/tabler.min.css", VENDOR / "tabler.min.css"),
    Wanted(HTMX, "package/dist/htmx.min.js", VENDOR / "htmx.min.js"),
    Wanted(HTMX, "package/LICENSE", VENDOR / "htmx.LICENSE.txt"),
    Wanted(ICONS, "package/LICENSE", VENDOR / "icons" / "LICENSE.txt"),
    *[
        Wanted(ICONS, f"package/icons/outline/{name}.svg", VENDOR / "icons" / f"{name}.svg")
        for name in ICON_NAMES
    ],
    Wanted(AXE, "package/axe.min.js", TEST_VENDOR / "axe.min.js"),
    Wanted(AXE, "package/LICENSE", TEST_VENDOR / "axe.LICENSE.txt"),
]

# sha256 of the packed tarballs.
CHECKSUMS = {
    "@tabler/core@1.6.1": "d02d679e51f6c179b21f035e154c13cdcb2ae8b18579e56ea606408ba7fc7a87",
    "@tabler/icons@3.51.0": "b30108713d3fa60aee862c2a133225da8e0f309be0708fe2925763ff810c766c",
    "htmx.org@2.0.11": "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e",
    "axe-core@4.14.1": "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
}

# With a manifest storage a source map that is not shipped breaks collectstatic.
_SOURCE_MAP = re.compile(
    rb"(?:/\*[#@]\s*sourceMappingURL=[^*]*\*/|//[#@]\s*sourceMappingURL=\S*)\s*"
)


def pack(package: str, folder: Path) -> Path:
    """Download one package as a tarball and return its path."""
    done = subprocess.run(
        ["npm", "pack", package, "--silent", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / done.stdout.strip().splitlines()[-1]


def main() -> int:
    show_only = "--print" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        tarballs = {package: pack(package, Path(place)) for package in (TABLER, ICONS, HTMX, AXE)}
        sums = {
            package: hashlib.sha256(path.read_bytes()).hexdigest()
            for package, path in tarballs.items()
        }
        if show_only:
            for package, digest in sums.items():
                print(f'    "{package}": "{digest}",')
            return 0
        for package, digest in sums.items():
            if CHECKSUMS.get(package) != digest:
                print(f"{package}: checksum differs, nothing written", file=sys.stderr)
                return 1
        for wanted in WANTED:
            _write(wanted, tarballs[wanted.package])
    (VENDOR / "tabler.LICENSE.txt").write_text(TABLER_LICENCE)
    print(f"{len(WANTED) + 1} files written")
    return 0


def _write(wanted: Wanted, tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        member = archive.extractfile(wanted.member)
        if member is None:
            raise SystemExit(f"{wanted.package} has no {wanted.member}")
        body = _SOURCE_MAP.sub(b"", member.read())
    wanted.target.parent.mkdir(parents=True, exist_ok=True)
    wanted.target.write_bytes(body.rstrip() + b"\n")


if __name__ == "__main__":
    raise SystemExit(main())
