"""On a generated shop whose truth is known: what is certain is right, what is likely is calibrated, work stays linear."""

from datetime import UTC, datetime

import numpy as np
import pytest

from xiaohe.people import keys, overlay
from xiaohe.people.keys import Namespace, contact_value
from xiaohe.people.likely import blocking, building, table
from xiaohe.simulator import whose
from xiaohe.sources import importing

NOW = datetime(2025, 8, 1, 4, tzinfo=UTC)


def _bring(folder, persons):
    """Import both files of a truth; the person behind each subject, and which subjects are contacts."""
    truth = whose.truth(7, persons)
    for file in truth.write(folder):
        importing.run(file, now=NOW)
    hashed = keys.hasher()
    who = {
        hashed(Namespace.MEMBER, f"taobao:{name}"): person for name, person in truth.member.items()
    }
    contacts = {
        hashed(Namespace.CONTACT, contact_value(account, at)): person
        for (account, at), person in truth.contact.items()
    }
    return {**who, **contacts}, set(contacts)


@pytest.fixture
def judged(place, tmp_path):
    who, contacts = _bring(tmp_path, 1_500)
    building.rebuild()
    return who, contacts


def test_every_certain_join_is_right_though_phones_are_shared_changed_and_mistyped(judged):
    who, _contacts = judged
    current = overlay.current()
    groups = {person: current.subjects(person) for person in set(map(current.person, who))}
    pairs = [(a, b) for group in groups.values() for a in group for b in group if a < b]
    assert len(pairs) > 150
    wrong = [pair for pair in pairs if who.get(pair[0]) != who.get(pair[1])]
    assert len(wrong) <= len(pairs) * 0.0005


def test_likely_pairs_are_right_about_as_often_as_their_chance_says(judged):
    who, _contacts = judged
    rows = table.current().pairs.to_pylist()
    right = np.array([who[row["left"]] == who[row["right"]] for row in rows])
    chance = np.array([row["chance"] for row in rows])
    assert right[chance >= 0.9].mean() >= 0.95
    assert (chance >= 0.9).sum() >= 40
    # Rather too careful than too sure: more come true than were promised, not fewer.
    assert right.sum() >= 0.85 * chance.sum()
    assert table.current().about["model"]["preset"] is False


@pytest.mark.usefixtures("judged")
def test_nothing_likely_is_joined():
    before = overlay.current().table
    building.rebuild()
    assert overlay.current().table.equals(before)


def test_each_contact_meets_a_few_buyers_however_many_there_are(place, tmp_path, monkeypatch):
    monkeypatch.setattr(blocking, "MOST_SHARING", 2)
    told = []
    for persons in (600, 2_400):
        _bring(tmp_path, persons)
        building.rebuild()
        told.append(table.current().about)
    for about in told:
        assert about["compared"] < 5 * about["contacts"] < about["contacts"] * about["buyers"] / 50
        assert about["too_common"] > 0
