"""People put on today's list by hand: through the governor, beside the list's size, and taken off again."""

from __future__ import annotations

from datetime import timedelta

from tests.autopilot.conftest import NOW, ON, Store, days_before, settings
from xiaohe import jobs
from xiaohe.autopilot import by_hand, today
from xiaohe.people import overlay
from xiaohe.touch import wishes
from xiaohe.touch.governor import Rule
from xiaohe.touch.models import Chosen
from xiaohe.touch.wishes import Wish


def _known(shop: Store, *names: str) -> list[int]:
    """Friends who bought lately: nobody would write to them today."""
    for name in names:
        shop.buys(name, *days_before(ON, 30, 30, 5))
        shop.befriends(f"friend {name}", ON - timedelta(days=90), buyer=name)
    shop.bring()
    return [overlay.current().person(shop.member(name)) for name in names]


def _listed() -> set[int]:
    return {each.person for each in today.listing(ON, NOW).cards}


def test_who_is_chosen_stands_on_the_list_and_one_undo_takes_them_off(shop: Store) -> None:
    settings(list_size=1)
    one, two, three = _known(shop, "a", "b", "c")
    wishes.state(two, Wish.COMPLAINT_OPENED, NOW - timedelta(hours=1))
    wishes.state(three, Wish.NEVER, NOW - timedelta(hours=1))
    today.prepare(ON, NOW)
    before = _listed()
    done = by_hand.put([one, two, three], slug="tea", name="Tea", on=ON, now=NOW, user=None)
    assert done.may == (one,)
    assert {each.rule for each in done.left} == {Rule.COMPLAINT_OPEN, Rule.OPTED_OUT}
    assert _listed() == before | {one}
    card = next(each for each in today.listing(ON, NOW).cards if each.person == one)
    assert "Tea" in card.reason
    assert card.sentence is not None
    by_hand.undo("tea", NOW, ON)
    assert by_hand.is_working()
    jobs.discover()
    jobs.run_pending(until_empty=True)
    assert _listed() == before
    assert not Chosen.objects.exists()


def test_somebody_left_alone_for_comparison_is_not_chosen_either(shop: Store) -> None:
    settings(held_out_share=1.0, list_size=20)
    people = []
    for number in range(40):
        shop.buys(f"n{number}", *days_before(ON, 30, 30, 30, 29))
        shop.befriends(f"friend {number}", ON - timedelta(days=190), buyer=f"n{number}")
        people.append(shop.member(f"n{number}"))
    # Somebody bought yesterday, so the data is fresh.
    shop.buys("fresh", ON - timedelta(days=1))
    shop.bring()
    today.prepare(ON, NOW)
    people = [overlay.current().person(each) for each in people]
    looked = by_hand.look(people, ON, NOW)
    kept_off = {each.rule for each in today.listing(ON, NOW).not_listed}
    assert {Rule.HELD_OUT, Rule.WAITING} & kept_off
    assert {Rule.HELD_OUT, Rule.WAITING} & kept_off == {
        each.rule for each in looked.left if each.rule in (Rule.HELD_OUT, Rule.WAITING)
    }
    assert not set(looked.may) & _listed()
