"""docs/dictionary.md from the catalogue: `python tools/dictionary.py [make | check]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "dictionary.md"


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
    import django

    django.setup()
    from xiaohe.ledger import dictionary

    text = dictionary.page()
    if arguments == ["check"]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/dictionary.md is stale: python tools/dictionary.py make", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
