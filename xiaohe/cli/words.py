"""The command line's own sentences in the language of the shell (`LANG`), without Django."""

from __future__ import annotations

import gettext as stdlib_gettext
import os
from functools import cache
from pathlib import Path

CHINESE, ENGLISH = "zh-hans", "en"


def language() -> str:
    """`zh-hans` or `en`, by the first of XIAOHE_LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set."""
    for name in ("XIAOHE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return CHINESE if value.lower().startswith("zh") else ENGLISH
    return ENGLISH


def gettext(sentence: str) -> str:
    return _catalogue(language()).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(language()).ngettext(one, many, count)


@cache
def _catalogue(language: str) -> stdlib_gettext.NullTranslations:
    folder = Path(__file__).resolve().parent / "locale"
    names = ["zh_Hans"] if language == CHINESE else []
    return stdlib_gettext.translation("django", folder, languages=names, fallback=True)
