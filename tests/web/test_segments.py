"""Pages of segments: what each condition removes, tags and today's list with undo, files no spreadsheet runs, no scripts."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.conftest import _pointed_at as pointed_at
from tests.web import tea_house
from xiaohe import jobs
from xiaohe.segments import actions, many, queries, state, tagged, tags, text
from xiaohe.shop import audit, clock
from xiaohe.shop.models import AuditAct
from xiaohe.touch.models import Chosen
from xiaohe.web.pages.segments import adding
from xiaohe.web.pages.segments import export as files
from xiaohe.web.pages.segments.export import plain

RULE = (
    'stage is regular and store is "东店" and did purchase.item where category is "茶"'
    " in last 90 days at least 2 times and not did opened in last 30 days and not complaint_open and due_on in this week"
)


@pytest.fixture
def tea(tmp_path: Path, tea_home: Path, django_db_blocker: Any) -> Iterator[Any]:
    """The owner's browser on the tea house, whose clock is set to its day."""
    from django.test import Client

    from xiaohe.shop import signin

    home = tmp_path / "home"
    shutil.copytree(tea_home, home)
    with django_db_blocker.unblock(), pointed_at(home), clock.set_to(tea_house.NOW):
        client = Client()
        client.force_login(signin.owner())
        yield client


def _saved(source: str, name: str = "茶客") -> str:
    rule = text.parse(source, queries.vocabulary())
    return actions.save(name, rule, None, tea_house.NOW).saved.slug


def _undo(page: str) -> str:
    found = re.search(r'"(/people/segments/undo/[^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_every_condition_says_how_many_it_leaves_and_alone_removes(tea: Any) -> None:
    page = tea.get(f"/people/segments/{_saved(RULE)}").content.decode()
    everyone = {each.name: each for each in tea_house.guests()}
    checks = [
        lambda g: True,
        lambda g: g.store == tea_house.EAST,
        lambda g: g.teas >= 2,
        lambda g: not g.opened,
        lambda g: not g.complains,
        lambda g: g.due,
    ]
    left = [
        sum(all(check(g) for check in checks[: n + 1]) for g in everyone.values())
        for n in range(len(checks))
    ]
    funnel = page[page.index('<ol class="funnel">') : page.index("</ol>")]
    assert [int(n) for n in re.findall(r'num"[^>]*>(\d+)</', funnel)] == [48, *left]
    for n, check in enumerate(checks[1:], start=1):
        others = [each for m, each in enumerate(checks) if m != n]
        alone = sum(all(o(g) for o in others) and not check(g) for g in everyone.values())
        said = f"there would be {alone} more " if alone else "nothing changes"
        assert said in funnel.split("<li>")[n + 2]


def test_a_tag_for_all_of_them_is_taken_back_with_one_tap(tea: Any) -> None:
    slug = _saved('store is "东店"')
    sent = {"which": "new", "group": "口味", "tag": "爱喝茶", "do": "give"}
    page = tea.post(f"/people/segments/{slug}/tag", sent, follow=True).content.decode()
    assert "24 people are “爱喝茶” now" in page
    tagged = text.parse('did tag where tag is "爱喝茶"', queries.vocabulary())
    state.refresh(clock.now())
    assert state.current(clock.now()).count(tagged) == 24
    tea.post(_undo(page))
    state.refresh(clock.now())
    assert state.current(clock.now()).count(tagged) == 0


def _tagged(word: str) -> int:
    state.refresh(clock.now())
    rule = text.parse(f'did tag where tag is "{word}"', queries.vocabulary())
    return int(state.current(clock.now()).count(rule))


def test_a_tag_for_many_goes_on_in_the_background_and_so_does_its_undo(
    tea: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "AT_ONCE", 10)
    monkeypatch.setattr(many, "SLICE", 7)
    slug = _saved('store is "东店"')
    sent = {"which": "new", "group": "new", "own": "喜好", "tag": "爱喝茶", "do": "give"}
    waits = tea.post(f"/people/segments/{slug}/tag", sent, follow=True)
    assert "They are being tagged." in waits.content.decode()
    assert _tagged("爱喝茶") == 0
    jobs.discover()
    jobs.run_pending(until_empty=True)
    assert _tagged("爱喝茶") == 24
    done = tea.get(waits.redirect_chain[-1][0], follow=True).content.decode()
    assert "24 people are “爱喝茶” now" in done
    # Whoever left the page finds the way back where they began.
    later = tea.get(f"/people/segments/{slug}/tag").content.decode()
    assert _undo(later)
    back = tea.post(_undo(done), follow=True)
    assert "The tag is being taken back." in back.content.decode()
    jobs.run_pending(until_empty=True)
    assert _tagged("爱喝茶") == 0
    gone = tea.get(back.redirect_chain[-1][0], follow=True).content.decode()
    assert "Taken back." in gone
    assert "/people/segments/undo/" not in tea.get(f"/people/segments/{slug}/tag").content.decode()


def test_a_tag_for_many_is_refused_before_it_waits(
    tea: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "AT_ONCE", 10)
    slug = _saved('store is "东店"')
    tags.define("健康", "过敏", None, tea_house.NOW, sensitive=True)
    sent = {"which": "健康\x1f过敏", "do": "give"}
    refused = tea.post(f"/people/segments/{slug}/tag", sent)
    assert refused.status_code == 400
    assert "is sensitive" in refused.content.decode()
    assert jobs.latest(many.TAG) is None
    tea.post(f"/people/segments/{slug}/tag", {**sent, "reason": "told us in the store"})
    jobs.discover()
    jobs.run_pending(until_empty=True)
    facts = tagged.at("健康", "过敏", many.lately(slug).at)  # type: ignore[union-attr]
    assert set(tags.reasons(facts).values()) == {"told us in the store"}
    assert len(facts) == 24


def test_groups_in_which_the_shop_names_tags_are_offered(tea: Any) -> None:
    page = tea.get(f"/people/segments/{_saved('linked')}/tag").content.decode()
    offered = re.findall(r'<option value="([^"]*)"', page[page.index('id="group"') :])
    assert set(tags.groups()) <= set(offered)
    assert offered[-1] == "new"


def test_the_examples_beside_the_text_are_one_rule_in_both_languages(tea: Any) -> None:
    page = tea.get("/people/segments/new").content.decode()
    english = [unescape(each) for each in re.findall(r"<code>(.*?)</code>", page)]
    page = tea.get("/people/segments/new", headers={"accept-language": "zh-CN"}).content.decode()
    chinese = [unescape(each) for each in re.findall(r"<code>(.*?)</code>", page)]
    assert len(english) == 2
    assert english != chinese
    known = queries.vocabulary()
    assert [text.parse(e, known) for e in english] == [text.parse(c, known) for c in chinese]


def test_a_line_of_which_two_details_wait_is_one_unfinished_line(tea: Any) -> None:
    lines = {"node": ["r", "r-0", "r-0-0", "r-0-1", "r-0-1-0"], "r:kind": "group"}
    kinds = {"r-0": "measure", "r-0-0": "value", "r-0-1": "group", "r-0-1-0": "value"}
    sent = {**lines, **{f"{place}:kind": kind for place, kind in kinds.items()}}
    page = tea.post("/people/segments/build/look", {**sent, "r-0:of": "purchase"}).content.decode()
    assert "1 line is not finished" in page


def test_an_export_calls_things_by_their_names() -> None:
    known = {"last_platform": "taobao", "first_entry": "order", "linked": False, "net_365": 1250}
    told = [files.cell(name, value, "CNY") for name, value in known.items()]
    assert told == ["Taobao", "an order", "no", "12.50"]
    with translation.override("zh-hans"):
        told = [files.cell(name, value, "CNY") for name, value in known.items()]
    assert told == ["淘宝", "下单", "否", "12.50"]
    assert files.cell("store", "＝1+1", "CNY") == "'＝1+1"


def test_an_export_holds_the_chosen_columns_and_no_formula(tea: Any) -> None:
    slug = _saved('store is "东店"')
    answer = tea.post(f"/people/segments/{slug}/export", {"c": ["stage", "net_365"], "names": "1"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 25
    assert len(rows[0]) == 4
    assert "'=cmd|' /C calc'!A0" in {row[0] for row in rows}
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@"))]
    taken = [each.people for each in audit.latest() if each.act == AuditAct.EXPORTED.value]
    assert taken == [24]
    again = tea.get(f"/people/segments/{slug}/export").content.decode()
    assert "took 24 people" in again
    assert "Names, Stage, Net spending in 365 days" in again
    unnamed = tea.post(f"/people/segments/{slug}/export", {"c": ["stage"]}).content.decode()
    assert "客人" not in unnamed
    assert tea.post(f"/people/segments/{slug}/export", {}).status_code == 400


@pytest.mark.parametrize("name", ["=cmd", "+86", "-1", "@sum", "\t=1", "\r=1", "＝cmd", "＠阿禾"])
def test_no_name_is_run_by_a_spreadsheet(name: str) -> None:
    assert plain(name) == f"'{name}"
    assert plain("小禾=老客") == "小禾=老客"


def test_today_says_who_is_left_out_and_undo_takes_them_off(tea: Any) -> None:
    # Who is due is on the list anyway.
    slug = _saved('store is "东店" and not due_on in this week')
    page = tea.get(f"/people/segments/{slug}/today").content.decode()
    assert "with an open complaint" in page
    waits = tea.post(f"/people/segments/{slug}/today", follow=True)
    assert "people are looked at" in waits.content.decode()
    assert not Chosen.objects.exists()
    jobs.discover()
    jobs.run_pending(until_empty=True)
    done = tea.get(waits.redirect_chain[-1][0], follow=True).content.decode()
    assert Chosen.objects.count() > 0
    chosen = set(Chosen.objects.values_list("person", flat=True))
    complaining = text.parse("complaint_open", queries.vocabulary())
    assert not chosen & set(state.current(clock.now()).people(complaining, limit=None))
    tea.post(_undo(done))
    assert Chosen.objects.count() == 0


def test_whoever_is_left_out_of_today_is_behind_their_number(tea: Any) -> None:
    slug = _saved('store is "东店"')
    page = tea.get(f"/people/segments/{slug}/today").content.decode()
    links = re.findall(r'href="(/people/segments/[^"]+/today/left/(\w+))"[^>]*><span>(\d+) ', page)
    may = len(re.findall(r'<li><a href="/people/\d+">', page))
    assert "complaint_open" in {rule for _link, rule, _count in links}
    assert may + sum(int(count) for _link, _rule, count in links) == 24
    for link, _rule, count in links:
        crowd = tea.get(link).content.decode()
        assert len(set(re.findall(r'href="/people/(\d+)"', crowd))) == int(count)
    complaining = tea.get(next(link for link, rule, _n in links if rule == "complaint_open"))
    found = {
        int(each) for each in re.findall(r'href="/people/(\d+)"', complaining.content.decode())
    }
    rule = text.parse('complaint_open and store is "东店"', queries.vocabulary())
    assert found <= set(state.current(clock.now()).people(rule, limit=None))
    assert tea.get(f"/people/segments/{slug}/today/left/nothing").status_code == 404


def test_in_a_large_shop_the_page_comes_before_the_count(
    tea: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "AT_ONCE", 10)
    here = f"/people/segments/{_saved('linked')}/today"
    page = tea.get(here).content.decode()
    assert "Who of these 48 people can be on today’s list?" in page
    assert "Counting" in page
    part = tea.get(here, headers={"HX-Request": "true", "HX-Target": "look"}).content.decode()
    assert "of them can be on today’s list." in part
    assert "<html" not in part
    assert "of them can be on today’s list." in tea.get(f"{here}?wait=1").content.decode()


@pytest.mark.parametrize("page", ["", "/tag", "/today", "/export"])
def test_where_nobody_is_the_next_step_is_offered(tea: Any, page: str) -> None:
    slug = _saved('store is "南店"')
    told = tea.get(f"/people/segments/{slug}{page}").content.decode()
    assert "Nobody is in" in told
    assert f"/people/segments/{slug}/edit" in told


def test_without_scripts_the_builder_is_plain_forms(tea: Any) -> None:
    def fields(page: str) -> dict[str, list[str]]:
        """What a browser would send of this form, buttons aside."""
        form = page[page.index('<form id="builder"') :]
        found: dict[str, list[str]] = {}
        for tag in re.findall(r"<input[^>]*>", form):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and ('type="checkbox"' not in tag or " checked" in tag):
                found.setdefault(name.group(1), []).append(value.group(1) if value else "")
        for name, options in re.findall(
            r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S
        ):
            chosen = re.search(r'value="([^"]*)" selected', options)
            found.setdefault(name, []).append(chosen.group(1) if chosen else "")
        return found

    page = tea.get("/people/segments/new").content.decode()
    for ready in ("regular", "not-complaining", "due-this-week"):
        sent = {**fields(page), "do": f"add:r:{ready}"}
        page = tea.post("/people/segments/build/lines", sent).content.decode()
    page = tea.post(
        "/people/segments/build/lines", {**fields(page), "do": "drop:r-1"}
    ).content.decode()
    answer = tea.post(
        "/people/segments/new", {**fields(page), "name": ["这周该来的熟客"], "do": "save"}
    )
    assert answer.status_code == 302
    saved = queries.segment(answer.headers["Location"].rpartition("/")[2])
    assert saved.text == "stage is regular and due_on in this week"


def test_an_unfinished_line_does_not_count_and_is_not_saved(tea: Any) -> None:
    sent = {
        "node": ["r", "r-0", "r-1"], "r:kind": "group", "r:join": "all", "name": "x",
        "r-0:kind": "value", "r-0:field": "stage", "r-0:op": "in", "r-0:v": "regular",
        "r-1:kind": "value", "r-1:field": "store", "r-1:op": "is", "r-1:v": "",
    }  # fmt: skip
    look = tea.post("/people/segments/build/look", sent).content.decode()
    assert "1 line is not finished" in look
    before = len(queries.segments())
    refused = tea.post("/people/segments/new", {**sent, "do": "save"})
    assert refused.status_code == 400
    assert "Fill in a value." in refused.content.decode()
    assert len(queries.segments()) == before


def test_an_earlier_version_is_put_back_and_that_is_undone(tea: Any) -> None:
    slug = _saved("stage is regular")
    actions.save("茶客", text.parse("vip", queries.vocabulary()), None, tea_house.NOW, slug)
    page = tea.post(f"/people/segments/{slug}/put-back", {"version": "1"}, follow=True)
    assert queries.segment(slug).text == "stage is regular"
    tea.post(_undo(page.content.decode()))
    assert queries.segment(slug).text == "vip"


def test_columns_are_remembered(tea: Any) -> None:
    slug = _saved("stage is regular")
    tea.post(f"/people/segments/{slug}/people", {"columns": "1", "c": ["store", "cycle"]})
    page = tea.get("/people/segments/g06").content.decode()
    heads = re.search(r"<thead>.*?</thead>", page, re.S)
    assert heads is not None
    assert heads.group(0).count("<th ") == 3
    assert "store" in heads.group(0)


def test_a_long_explanation_folds_and_each_fold_says_what_it_is_about(tea: Any) -> None:
    slug = _saved(RULE)
    fits = next(iter(state.current(clock.now()).people(queries.segment(slug).rule, limit=1)))
    page = tea.get(f"/people/{fits}/segments?why={slug}").content.decode()
    why = page[page.index('<ul class="why">') :]
    folds = re.findall(r"<summary><span>.*?</span></summary>", why, re.DOTALL)
    assert len(folds) >= 3
    assert "they opened nothing of ours in the last 30 days" in why
    assert "not:" not in why
    assert "What these words mean" in why
    short = tea.get(f"/people/{fits}/segments?why=stage-regular").content.decode()
    assert "<summary><span>" not in short
