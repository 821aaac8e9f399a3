from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xiaohe.cli.main import run
from xiaohe.segments import actions, queries
from xiaohe.segments.text import parse
from xiaohe.shop import clock


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_segment_is_shown_with_everything_it_ever_was(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = parse("linked", queries.vocabulary())
    slug = actions.save("Ours", rule, None, clock.now()).saved.slug
    actions.save("Users", parse(f'in segment "{slug}"', queries.vocabulary()), None, clock.now())

    assert run(["segment", "show", slug, "--json"]) == 0

    told = said(capsys)
    assert (told["name"], told["rule"], told["used_by"]) == ("Ours", "linked", ["users"])
    assert [each["version"] for each in told["versions"]] == [1]


def test_a_file_is_checked_and_the_place_is_marked(
    place: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, wrong = tmp_path / "good.rule", tmp_path / "wrong.rule"
    good.write_text("stage is regular and not did opened in last 30 days", "utf-8")
    wrong.write_text("# 茶客\nlinked and\n  store is “东店” and stage is regularr\n", "utf-8")

    assert run(["segment", "check", str(good), "--json"]) == 0
    told = said(capsys)
    assert told["rule"] == good.read_text("utf-8")
    assert told["tree"]["rule"]["kind"] == "all"

    assert run(["segment", "check", str(wrong)]) == 2
    line, mark, sentence = capsys.readouterr().err.splitlines()
    assert line == "  store is “东店” and stage is regularr"
    assert mark.strip() == "^" * len("regularr")
    assert "regular" in sentence


def test_an_unknown_slug_is_answered_with_the_one_that_was_meant(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["segment", "show", "g111"]) == 3
    assert "g11" in capsys.readouterr().err


def test_what_is_asked_of_nobody_is_refused(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["segment", "explain", "someone", "linked"]) == 2
    assert "p123" in capsys.readouterr().err


def test_no_cell_of_a_table_is_a_formula() -> None:
    from xiaohe.segments.listing import as_csv

    rows = [{"person": 5, "store": "=1+1", "net_365": -5, "account": "＝x"}]
    told = as_csv(rows, ["store", "net_365", "account"])
    assert told == "person,store,net_365,account\np5,'=1+1,-5,'＝x\n"
