"""Both languages are whole: every sentence has Chinese words with the same placeholders."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


messages = load()


def test_every_catalogue_is_whole() -> None:
    assert list(messages.problems()) == []


def test_no_catalogue_has_drifted_from_the_code() -> None:
    if not messages.has_gettext():
        pytest.skip("GNU gettext is not installed, so drift of translations was not looked for")

    assert list(messages.drift()) == []


@pytest.mark.parametrize(
    ("english", "chinese", "wrong"),
    [
        ("%(count)d people bought", "%(count)d 人买过", []),
        ("%(count)d people bought", "有人买过", ["%(count)d"]),
        ("%(count)d people bought", "%(cuont)d 人买过", ["%(count)d", "%(cuont)d"]),
        (("%(count)d person", "%(count)d people"), ("%(count)d 人",), []),
        ("{name} is due", "{name} 该来了", []),
    ],
)
def test_a_lost_placeholder_is_found(english: str, chinese: str, wrong: list[str]) -> None:
    catalogue = Catalog()
    message = catalogue.add(english, chinese)

    assert messages.mismatched(message) == wrong


def test_an_untranslated_and_a_fuzzy_sentence_are_found() -> None:
    catalogue = Catalog()
    catalogue.add("One", "")
    catalogue.add("Two", "二", flags=["fuzzy"])
    catalogue.add("Three", "三")

    assert list(messages.catalogue_problems("room", catalogue)) == [
        "room: “One” is not translated",
        "room: “Two” is fuzzy",
    ]
