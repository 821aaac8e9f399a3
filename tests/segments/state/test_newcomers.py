"""Whoever claimed or scanned before anybody knew them brings that along when they become known."""

from __future__ import annotations

from datetime import timedelta

from tests.segments.state.shop import (
    NOW,
    afresh,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from tests.segments.state.test_follows import members_of
from xiaohe.kernel.workspace import Workspace
from xiaohe.segments import state
from xiaohe.traits import state as traits


def test_what_was_told_of_somebody_unknown_is_theirs_when_they_are_known(place: Workspace) -> None:
    # Given: a claim of somebody unknown, seen by a delta.
    ago = NOW - timedelta(days=3)
    bring(order("a", NOW - timedelta(days=20), "ann"))
    traits.refresh(NOW)
    put_away_the_library()
    save("claims", "did claim.made", NOW)
    save("steps", "did claim.made then page.viewed within 7 days", NOW)
    save("heard", "last_signal_on 3 days ago", NOW)
    state.refresh(NOW)
    later = NOW + timedelta(minutes=1)
    tell(event("yan", "claim.made", ago), event("zoe", "claim.made", ago), now=later)
    state.refresh(later)
    # When: both become known, one by a word that is no sign of life.
    later += timedelta(minutes=1)
    tell(event("yan", "consent.given", NOW), event("zoe", "page.viewed", NOW), now=later)
    state.refresh(later)
    # Then
    found = members_of(later)
    assert found == afresh(later)
    assert found["heard"] == {key("yan")}
    assert found["claims"] == {key("yan"), key("zoe")}
