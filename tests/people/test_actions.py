"""What the owner says about who is who, and taking it back."""

from datetime import timedelta

import pytest

from xiaohe.kernel.errors import Conflict, NotFound
from xiaohe.ledger import drain, engine, stream
from xiaohe.people import actions, profile
from xiaohe.people.answered import answered
from xiaohe.people.joined import reading
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.links import coverage, links
from xiaohe.people.overlay import person_of
from xiaohe.people.profile import Says
from xiaohe.shop import accounts

PHONE, ORDER = "13800138000", "1930123456789012345"


def _links():
    with engine.reading() as read:
        return links(read, person_of(read)).to_pylist()


def _live(person):
    return [
        (link["account_id"], link["kind"])
        for link in _links()
        if link["person"] == person and link["ended_at"] is None and link["private"]
    ]


@pytest.fixture
def wechat(place):
    return accounts.account_named("personal_wechat", "阿禾").id


def test_i_have_them_links_the_buyer_and_its_undo_unlinks_them(town, wechat):
    town.bring(town.sale(ORDER, member="wang"))
    wang = town.member("wang")
    done = actions.i_have_them(wang, wechat, town.now)
    assert _live(wang) == [(wechat, "friend")]
    assert not town.groups()
    actions.undo(done.facts, town.now)
    assert _links() == []


def test_i_have_them_stays_with_the_buyer_when_a_contact_is_split_off(town, wechat):
    town.bring(town.friend("a", "毛毛妈", orders=(ORDER,)))
    town.bring(town.sale(ORDER, member="wang"))
    actions.i_have_them(town.contact("a"), wechat, town.now)
    actions.split(town.contact("a"), town.order(ORDER), town.now)
    assert _live(town.member("wang")) == [(wechat, "friend")]


def test_i_have_them_needs_an_account_of_ours_through_which_people_are_linked(town):
    town.bring(town.sale(ORDER, member="wang"))
    with pytest.raises(NotFound):
        actions.i_have_them(town.member("wang"), 99, town.now)
    sms = accounts.account_named("sms", "阿禾咖啡").id
    with pytest.raises(Conflict):
        actions.i_have_them(town.member("wang"), sms, town.now)
    assert _links() == []


def test_not_them_parts_contact_and_buyer_and_its_undo_joins_them(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.friend("a", "毛毛妈", phone=PHONE, orders=(ORDER,)),
    )
    before = town.groups()
    lilei = accounts.account_named("wecom", "LiLei").id
    done = actions.not_them(town.person(town.contact("a")), lilei, town.now)
    assert len(done.facts) == 2
    assert town.groups() == set()
    actions.undo(done.facts, town.now)
    assert town.groups() == before


def test_not_them_ends_a_link_that_was_only_said(town, wechat):
    town.bring(town.sale(ORDER, member="wang"))
    wang = town.member("wang")
    actions.i_have_them(wang, wechat, town.now)
    done = actions.not_them(wang, wechat, town.now)
    assert _live(wang) == []
    actions.i_have_them(wang, wechat, town.now)
    assert _live(wang) == [(wechat, "friend")]
    assert done.facts


def test_not_them_without_a_link_there_changes_nothing(town, wechat):
    town.bring(town.sale(ORDER, member="wang"))
    with pytest.raises(Conflict):
        actions.not_them(town.member("wang"), wechat, town.now)


def test_a_split_outlasts_the_same_file_and_an_undo_of_it(town):
    rows = (town.sale(ORDER, member="wang"), town.friend("a", "毛毛妈", orders=(ORDER,)))
    first = town.bring(*rows)
    done = actions.split(town.contact("a"), town.order(ORDER), town.now)
    town.undo(first)
    town.bring(*rows)
    assert town.groups() == set()
    actions.undo(done.facts, town.now)
    assert town.same(town.contact("a"), town.member("wang"))


def test_joining_again_after_a_split_holds(town):
    town.bring(town.sale(ORDER, member="wang"), town.friend("a", "毛毛妈", orders=(ORDER,)))
    actions.split(town.contact("a"), town.order(ORDER), town.now)
    done = actions.join(town.contact("a"), town.member("wang"), town.now)
    assert town.same(town.contact("a"), town.member("wang"))
    actions.undo(done.facts, town.now)
    assert town.groups() == set()


def test_an_old_tap_is_taken_back_by_its_opposite(town, wechat):
    town.bring(town.sale(ORDER, member="wang"), town.sale("2", member="li"))
    joined = actions.join(town.member("wang"), town.member("li"), town.now)
    have = actions.i_have_them(town.member("wang"), wechat, town.now)
    town.hours += 24 * 60
    from xiaohe.ledger import stream

    stream.forget_old_keys(town.now)
    actions.undo([*joined.facts, *have.facts], town.now)
    assert town.groups() == set()
    assert _live(town.member("wang")) == []


def test_one_person_cannot_be_joined_with_itself(town):
    with pytest.raises(Conflict):
        actions.join(1, 1, town.now)


def test_evidence_says_what_ties_a_person_together_since_when_and_how_to_undo_it(town, wechat):
    town.bring(town.sale(ORDER, member="wang", phone=PHONE))
    brought = town.bring(town.friend("a", "毛毛妈", phone=PHONE, orders=(ORDER,)))
    said = actions.i_have_them(town.contact("a"), wechat, town.now)
    found = profile.evidence_of(town.contact("a"))
    told = [(each.says, each.value, each.holds) for each in found]
    assert sorted(told[:1]) == [(Says.PHONE, PHONE, True)]
    assert sorted(told[1:3]) == [(Says.ORDER, ORDER, True), (Says.PHONE, PHONE, True)]
    assert told[3] == (Says.HAVE, None, True)
    assert found[1].import_id == brought
    assert found[3].undo == said.facts[0]
    order = next(each for each in found if each.says == Says.ORDER)
    actions.split(order.subject, order.other, town.now)
    after = {(each.says, each.holds) for each in profile.evidence_of(town.contact("a"))}
    assert after == {
        (Says.PHONE, True),
        (Says.ORDER, False),
        (Says.APART, False),
        (Says.HAVE, True),
    }


def test_an_order_number_inside_a_description_is_shown_in_plain(town):
    facts, _values = town.friend("a", "毛毛妈", orders=(ORDER,))
    text = (town.contact("a"), Namespace.NAME, f"订单{ORDER}", Kind.DESCRIPTION)
    town.bring(town.sale(ORDER, member="wang"), (facts, [text]))
    (shown,) = profile.evidence_of(town.contact("a"))
    assert (shown.says, shown.value, shown.holds) == (Says.ORDER, ORDER, True)


def test_a_quarantined_phone_is_shown_as_evidence_that_does_not_hold(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.sale("2", member="li", phone=PHONE),
        town.friend("a", "毛毛妈", phone=PHONE),
    )
    (shown,) = profile.evidence_of(town.contact("a"))
    assert (shown.says, shown.holds, shown.quarantined) == (Says.PHONE, False, True)


def test_the_timeline_has_one_line_per_order_and_every_tap(town, wechat):
    town.bring(
        town.sale(ORDER, member="wang"),
        town.sale("2", member="wang"),
        town.friend("a", "毛毛妈", orders=(ORDER,)),
    )
    actions.i_have_them(town.member("wang"), wechat, town.now)
    lines = profile.timeline(town.contact("a"))
    assert [line.type for line in lines] == [
        "link.started",
        "order.paid",
        "order.paid",
        "link.started",
    ]
    assert {line.amount for line in lines if line.order_key} == {1000}
    assert profile.timeline(town.member("wang")) == lines
    assert profile.timeline(town.member("wang"), limit=1) == lines[:1]


def test_coverage_counts_persons_recognised_and_links_as_friends(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.sale("2", member="li"),
        town.friend("a", "毛毛妈", phone=PHONE),
        town.friend("b", "毛毛妈", orders=(ORDER,)),
        town.friend("c", "路人"),
    )
    with engine.reading() as read:
        told = links(read, person_of(read))
    buyers = [town.person(town.member("wang")), town.member("li")]
    counted = coverage(told, buyers)
    assert (counted.buyers, counted.recognised) == (2, 1)
    assert (counted.friends, counted.unmatched) == (3, 1)


def test_only_private_accounts_recognise(town):
    town.bring(town.sale(ORDER, member="wang"), town.friend("a", "毛毛妈", orders=(ORDER,)))
    account = accounts.account_named("wecom", "LiLei")
    accounts.classify(account.id, owned=True, free_reach=False, reusable=True)
    with engine.reading() as read:
        told = links(read, person_of(read))
    assert coverage(told, [town.person(town.member("wang"))]).recognised == 0


def test_a_link_begun_again_counts_from_its_latest_beginning(town, wechat):
    town.bring(town.sale(ORDER, member="wang"))
    wang = town.member("wang")
    actions.i_have_them(wang, wechat, town.now)
    actions.not_them(wang, wechat, town.now)
    (ended,) = _links()
    assert ended["ended_at"] - ended["started_at"] == timedelta(hours=1)
    begun = town.now
    actions.i_have_them(wang, wechat, begun)
    (again,) = _links()
    assert (again["started_at"], again["ended_at"]) == (begun, None)


def test_a_tap_older_than_a_month_is_taken_back_to_what_was_said_before(town):
    town.bring(town.sale(ORDER, member="wang"), town.sale("2", member="li"))
    wang, li = town.member("wang"), town.member("li")
    actions.split(wang, li, town.now, why="two_people")
    joined = actions.join(wang, li, town.now)
    assert town.same(wang, li)
    drain.drain(town.now, force=True)
    later = town.now + timedelta(days=60)
    stream.forget_old_keys(later)
    actions.undo(joined.facts, later)
    assert not town.same(wang, li)
    with engine.reading() as read:
        assert reading.held_of_pair(reading.words(read), wang, li)[1] == "two_people"


def test_a_no_holds_for_everybody_who_asks_until_it_is_taken_back(town, wechat):
    town.bring(town.sale(ORDER, member="wang", phone=PHONE), town.sale("1", member="li"))
    wang = town.member("wang")
    done = actions.not_in_wechat(wang, wechat, town.now)
    assert answered() == {wang}
    town.bring(town.friend("a", "毛毛妈", phone=PHONE))
    assert answered() == {town.person(wang)}
    actions.undo(done.facts, town.now)
    assert answered() == frozenset()
    actions.i_have_them(wang, wechat, town.now)
    assert answered() == {town.person(wang)}


def test_an_old_no_is_taken_back_by_its_opposite(town, wechat):
    town.bring(town.sale(ORDER, member="wang"))
    done = actions.not_in_wechat(town.member("wang"), None, town.now)
    drain.drain(town.now, force=True)
    town.hours += 24 * 40
    actions.undo(done.facts, town.now)
    assert answered() == frozenset()
