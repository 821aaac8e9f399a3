"""Translations, one catalogue per room: `python tools/messages.py [make | check]`.

make   extract the sentences of every room, merge them into its catalogue, compile; new ones wait for words
check  fail on drift, on untranslated or fuzzy sentences, and on placeholders that do not match

`make` and the look for drift need GNU gettext; the rest of `check` is done by Babel and always runs.
Code and templates carry whole English sentences, so English needs no catalogue.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "xiaohe"
LANGUAGE = "zh_Hans"
CATALOGUE = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"
HEADER = """# Chinese of this room; see tools/messages.py.
msgid ""
msgstr ""
"Project-Id-Version: xiaohe\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
PLACEHOLDER = re.compile(r"%\([a-zA-Z_]\w*\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|(?<!\{)\{[a-zA-Z_]\w*\}")


def main(arguments: Sequence[str]) -> int:
    verb = arguments[0] if arguments else "make"
    if verb not in {"make", "check"}:
        print(__doc__)
        return 2
    if verb == "check":
        return check()
    if not has_gettext():
        print("GNU gettext is not installed (Debian: apt-get install gettext).")
        return 1
    return make()


# ---------------------------------------------------------------- make


def make() -> int:
    for room in rooms():
        extract(room)
        if (room / CATALOGUE).exists():
            compile_catalogue(room)
    missing = [
        problem for problem in problems() if "not translated" in problem or "fuzzy" in problem
    ]
    print(
        f"{len(missing)} sentences wait for their words."
        if missing
        else "All sentences have words."
    )
    for problem in missing:
        print(f"  {problem}")
    return 0


def extract(room: Path) -> None:
    """Merge the sentences standing in a room's code and templates into its catalogue."""
    if not _has_sentences(room):
        return
    (room / "locale").mkdir(exist_ok=True)
    _django(
        room,
        "makemessages",
        *("--locale", LANGUAGE, "--extension", "py,html,txt", "--no-location", "--no-obsolete"),
    )
    _with_our_header(room / CATALOGUE)


def compile_catalogue(room: Path) -> None:
    source = room / CATALOGUE
    command = ["msgfmt", "--check-format", "-o", str(source.with_suffix(".mo")), str(source)]
    subprocess.run(command, check=True)


def _django(folder: Path, *arguments: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=folder,
            # Without the safe path a room's module hides one of Python's own with the same name.
            env={
                **os.environ,
                "XIAOHE_HOME": home,
                "PYTHONPATH": str(ROOT),
                "PYTHONSAFEPATH": "1",
            },
            check=True,
            stdout=subprocess.DEVNULL,
        )


def _with_our_header(source: Path) -> None:
    """No dates, which would be drift without a cause with every run, and no blanks to fill in."""
    if source.exists():
        body = source.read_text().split("\n\n", 1)
        source.write_text(HEADER + (body[1] if len(body) > 1 else ""))


# ---------------------------------------------------------------- check


def check() -> int:
    found = list(problems())
    if has_gettext():
        found += list(drift())
    else:
        print("SKIPPED: GNU gettext is not installed, so drift was not looked for.")
    for problem in found:
        print(problem)
    print(f"translations: {len(found)} problems" if found else "translations: all is well")
    return 1 if found else 0


def problems() -> Iterator[str]:
    """What is wrong inside the committed catalogues."""
    for room in rooms():
        if not _has_sentences(room):
            continue
        source = room / CATALOGUE
        if not source.exists():
            yield f"{_named(room)}: has sentences but no {CATALOGUE}"
            continue
        if not is_compiled(source):
            yield f"{_named(room)}: the compiled catalogue is missing or stale"
        yield from catalogue_problems(_named(room), read(source))


def catalogue_problems(name: str, catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if not message.id:
            continue
        shown = f"{name}: “{_first(message.id)[:60]}”"
        if message.fuzzy:
            yield f"{shown} is fuzzy"
        elif not all(_all(message.string)):
            yield f"{shown} is not translated"
        elif wrong := mismatched(message):
            yield f"{shown} has other placeholders in its translation: {', '.join(wrong)}"


def mismatched(message: Message) -> list[str]:
    """Placeholders that stand on one side only. Chinese has one form for one and many."""
    wanted = set[str]()
    for text in _all(message.id):
        wanted |= set(PLACEHOLDER.findall(text))
    used = set(PLACEHOLDER.findall(" ".join(_all(message.string))))
    return sorted(wanted ^ used)


def drift() -> Iterator[str]:
    """Sentences in code or template that the catalogue lacks, sentences nobody says any more."""
    with tempfile.TemporaryDirectory() as copy:
        package = Path(copy) / "xiaohe"
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "static"))
        for room in rooms():
            if not _has_sentences(room) or not (room / CATALOGUE).exists():
                continue
            copied = package / room.relative_to(PACKAGE)
            before = ids(read(room / CATALOGUE))
            extract(copied)
            after = ids(read(copied / CATALOGUE))
            for text in sorted(after - before):
                yield f"{_named(room)}: “{text[:60]}” is not in the catalogue"
            for text in sorted(before - after):
                yield f"{_named(room)}: “{text[:60]}” is said nowhere any more"


def is_compiled(source: Path) -> bool:
    """Does the compiled catalogue say the same as its source?"""
    compiled = source.with_suffix(".mo")
    if not compiled.exists():
        return False
    with compiled.open("rb") as handle:
        said = _translations(read_mo(handle))
    return said == _translations(read(source))


def _translations(catalogue: Catalog) -> dict[str, list[str]]:
    return {
        _in_context(message) + _first(message.id): _all(message.string)
        for message in catalogue
        if message.id and not message.fuzzy and any(_all(message.string))
    }


def _in_context(message: Message) -> str:
    """The same words may be said in several contexts; of a compiled catalogue Babel gives them as bytes."""
    context = message.context or ""
    return (context.decode() if isinstance(context, bytes) else context) + "\x04"


# ---------------------------------------------------------------- rooms and catalogues


def rooms() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def has_gettext() -> bool:
    return bool(shutil.which("xgettext") and shutil.which("msgfmt") and shutil.which("msgmerge"))


def read(source: Path) -> Catalog:
    with source.open("rb") as handle:
        return read_po(handle)


def ids(catalogue: Catalog) -> set[str]:
    return {_first(message.id) for message in catalogue if message.id}


def _has_sentences(room: Path) -> bool:
    marked = re.compile(r"gettext|\{% *(?:translate|blocktranslate|trans|blocktrans)\b")
    files = [path for kind in ("py", "html", "txt") for path in room.rglob(f"*.{kind}")]
    return any(marked.search(path.read_text()) for path in files if "locale" not in path.parts)


def _named(room: Path) -> str:
    return room.relative_to(ROOT).as_posix()


def _first(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _all(text: str | Sequence[str] | None) -> list[str]:
    """Every form of a sentence; nothing is one empty form."""
    return [text or ""] if isinstance(text, str | None) else list(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
