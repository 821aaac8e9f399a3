"""Taking back what was done to a segment, a tag or today's list; the address is signed and names what it undoes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaohe.autopilot import by_hand
from xiaohe.kernel import workspace
from xiaohe.ledger.instants import from_us, to_us
from xiaohe.segments import actions, many, tagged, tags
from xiaohe.segments.saved import Done
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

SALT = "segments"
GOOD_FOR_SECONDS = 60 * 60


def address(done: Done) -> str:
    """Where to post to take a change of a segment back; empty if nothing was changed."""
    return token_address("segment", [done.saved.slug, done.version]) if done.version else ""


def token_address(what: str, told: list[Any]) -> str:
    token = signing.dumps([workspace.current().name, what, told], salt=SALT, compress=True)
    return reverse("segments-undo", args=[token])


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    try:
        place, what, told = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name or what not in DONE:
        raise Http404
    now = request.now  # type: ignore[attr-defined]
    back = DONE[what](told, request.user.pk, now)
    # What is taken back in the background says so itself when it is.
    is_done = "/tag/" not in back
    return answers.back(request, back, Toast(_("Taken back.")) if is_done else None)


def _segment(told: list[Any], user: int | None, now: datetime) -> str:
    slug, version = told
    done = actions.undo(slug, version, user, now)
    return reverse("segments") if done.saved.archived_at else reverse("segment", args=[slug])


def tag_address(given: many.Given) -> str:
    """Where to post to take a tag of a whole segment back."""
    told = [given.slug, given.group, given.tag, to_us(given.at), given.people]
    return token_address("tag", told)


def _tag(told: list[Any], user: int | None, now: datetime) -> str:
    slug, group, tag, us, people = told
    if people > many.AT_ONCE:
        job = many.ask_back(slug, group, tag, from_us(us))
        return reverse("segment-tagging", args=[slug, job])
    tags.undo(tagged.at(group, tag, from_us(us)), now)
    return reverse("segment", args=[slug])


def _today(told: list[Any], user: int | None, now: datetime) -> str:
    slug, us, on = told
    by_hand.undo(slug, from_us(us), date.fromisoformat(on))
    return reverse("today")


DONE: Mapping[str, Callable[[list[Any], int | None, datetime], str]] = {
    "segment": _segment,
    "tag": _tag,
    "today": _today,
}
