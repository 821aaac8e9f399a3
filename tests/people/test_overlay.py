"""The join over real imports: what is certain joins, in any order, and an undo restores what was."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaohe.ledger import engine
from xiaohe.people import actions, overlay
from xiaohe.shop import accounts

PHONE, OTHER_PHONE = "13800138000", "13900139000"
ORDER, OTHER_ORDER = "1930123456789012345", "1930123456789012346"


def test_a_contact_with_a_buyers_phone_is_that_buyer(any_town):
    town = any_town
    town.bring(town.sale(ORDER, member="wang", phone=PHONE))
    town.bring(town.friend("a", "毛毛妈", phone=PHONE))
    assert town.person(town.contact("a")) == town.member("wang")


def test_a_contact_that_names_an_order_is_its_buyer_whichever_file_came_first(town):
    town.bring(town.friend("a", "毛毛妈", orders=(ORDER,)))
    assert not town.groups()
    town.bring(town.sale(ORDER, member="wang"))
    assert town.same(town.contact("a"), town.member("wang"))
    assert town.person(town.member("wang")) == town.contact("a")


def test_an_order_number_nobody_has_joins_nothing(town):
    town.bring(town.friend("a", "毛毛妈", orders=(OTHER_ORDER,)), town.sale(ORDER, member="wang"))
    assert not town.groups()


def test_an_order_without_a_buyer_belongs_to_the_contact_that_names_it(town):
    town.bring(town.sale(ORDER), town.friend("a", "毛毛妈", orders=(ORDER,)))
    assert town.same(town.contact("a"), town.order(ORDER))


def test_a_buyer_without_a_member_name_is_found_by_phone(town):
    town.bring(town.sale(ORDER, phone=PHONE), town.friend("a", "毛毛妈", phone=PHONE))
    assert town.same(town.contact("a"), town.phone(PHONE))


def test_two_contacts_with_one_phone_are_one_person_with_two_links(town):
    town.bring(town.friend("a", "毛毛妈", phone=PHONE), town.friend("b", "王", phone=PHONE))
    assert town.groups() == {frozenset({town.contact("a"), town.contact("b")})}


def test_a_phone_seen_with_a_second_member_joins_nobody_until_that_import_is_undone(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE), town.friend("a", "毛毛妈", phone=PHONE)
    )
    before = town.groups()
    second = town.bring(town.sale(OTHER_ORDER, member="li", phone=PHONE))
    assert town.groups() == set()
    assert town.overlay().quarantined == {town.phone(PHONE)}
    town.undo(second)
    assert town.groups() == before


def test_a_phone_in_two_orders_of_one_member_stays_certain(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.sale(OTHER_ORDER, member="wang", phone=PHONE),
        town.friend("a", "毛毛妈", phone=PHONE),
    )
    assert town.same(town.contact("a"), town.member("wang"))


def test_one_contact_may_show_that_two_member_names_are_one_person(town):
    town.bring(
        town.sale(ORDER, member="wang"),
        town.sale(OTHER_ORDER, member="wang2"),
        town.friend("a", "毛毛妈", orders=(ORDER, OTHER_ORDER)),
    )
    assert town.same(town.member("wang"), town.member("wang2"), town.contact("a"))


def test_the_person_is_the_subject_recorded_first_and_every_alias_finds_it(town):
    first = town.bring(town.sale(ORDER, member="wang"))
    town.bring(town.friend("a", "毛毛妈", orders=(ORDER,)))
    assert town.overlay().subjects(town.member("wang")) == [town.member("wang"), town.contact("a")]
    town.undo(first)
    assert town.person(town.member("wang")) == town.member("wang")
    town.bring(town.sale(ORDER, member="wang"))
    assert town.person(town.member("wang")) == town.contact("a")
    assert town.person(town.contact("a")) == town.contact("a")


def test_only_re_pointed_subjects_are_listed(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.sale(OTHER_ORDER, member="li"),
        town.friend("a", "毛毛妈", phone=PHONE),
    )
    table = town.overlay().table
    assert table.num_rows == 1
    assert town.member("li") not in table["subject"].to_pylist()


def test_the_overlay_in_memory_follows_imports_and_undo(town):
    town.bring(town.sale(ORDER, member="wang"))
    assert overlay.current().table.num_rows == 0
    second = town.bring(town.friend("a", "毛毛妈", orders=(ORDER,)))
    assert overlay.current().table.num_rows == 1
    assert overlay.current() is overlay.current()
    town.undo(second)
    assert overlay.current().table.num_rows == 0


def test_taps_about_something_else_keep_the_overlay_and_taps_about_people_do_not(town):
    town.bring(town.sale(ORDER, member="wang"), town.sale(OTHER_ORDER, member="li"))
    before = overlay.current()
    account = accounts.account_named("personal_wechat", "阿禾").id
    actions.i_have_them(town.member("wang"), account, town.now)
    assert overlay.current() is before
    done = actions.join(town.member("wang"), town.member("li"), town.now)
    assert overlay.current().table.num_rows == 1
    actions.undo(done.facts, town.now)
    assert overlay.current().table.num_rows == 0


sale = st.tuples(
    st.just("sale"),
    st.sampled_from(["1930123456780000001", "1930123456780000002", "1930123456780000003"]),
    st.sampled_from(["", "wang", "li", "zhao"]),
    st.sampled_from(["", PHONE, OTHER_PHONE]),
)
friend = st.tuples(
    st.just("friend"),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["", PHONE, OTHER_PHONE]),
    st.sampled_from(["", "1930123456780000001", "1930123456780000002"]),
)
files = st.lists(st.lists(st.one_of(sale, friend), min_size=1, max_size=4), min_size=1, max_size=4)


def _rows(town, rows):
    for kind, *row in rows:
        if kind == "sale":
            number, member, phone = row
            yield town.sale(number, member=member, phone=phone)
        else:
            name, phone, order = row
            yield town.friend(name, name, phone=phone, orders=(order,) if order else ())


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=files, extra=st.lists(st.one_of(sale, friend), min_size=1, max_size=4), data=st.data())
def test_membership_is_the_same_in_any_order_and_after_import_and_undo(town, files, extra, data):
    made = [town.bring(*_rows(town, rows)) for rows in files]
    before = town.groups()
    again = town.bring(*_rows(town, extra))
    town.undo(again)
    assert town.groups() == before
    for each in made:
        town.undo(each)
    assert town.groups() == set()
    made = [town.bring(*_rows(town, rows)) for rows in data.draw(st.permutations(files))]
    assert town.groups() == before
    for each in made:
        town.undo(each)


tap = st.tuples(st.sampled_from(["join", "split"]), st.integers(0, 7), st.integers(0, 7))


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.one_of(sale, friend), min_size=2, max_size=6),
    taps=st.lists(tap, min_size=1, max_size=3),
    later=st.lists(st.one_of(sale, friend), min_size=1, max_size=4),
)
def test_taps_taken_back_leave_what_the_files_say_though_more_came_in_between(
    town, rows, taps, later
):
    first = town.bring(*_rows(town, rows))
    second = town.bring(*_rows(town, later))
    expected = town.groups()
    town.undo(second)
    known = [town.member("wang"), town.member("li"), town.contact("a"), town.contact("b")]
    known += [town.phone(PHONE), town.phone(OTHER_PHONE), town.order("1930123456780000001")]
    known += [town.order("1930123456780000002")]
    done = []
    for what, left, right in taps:
        if left != right:
            do = actions.join if what == "join" else actions.split
            done += do(known[left], known[right], town.now).facts
    third = town.bring(*_rows(town, later))
    actions.undo(done, town.now)
    assert town.groups() == expected
    town.undo(third)
    town.undo(first)


def test_reading_persons_twice_gives_the_same_table(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE), town.friend("a", "毛毛妈", phone=PHONE)
    )
    with engine.reading() as read:
        assert overlay.person_of(read).equals(overlay.person_of(read))
