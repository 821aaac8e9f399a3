"""Pages lead where they say, and no decision is left out of the list."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def test_every_link_of_a_page_leads_to_a_file() -> None:
    broken = {
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    }

    assert broken == set()


def test_every_decision_is_listed_under_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.M)
    there = [
        (*path.read_text().splitlines()[0].removeprefix("# ").split(". ", 1), path.name)
        for path in sorted(folder.glob("0*.md"))
    ]

    assert listed == there
