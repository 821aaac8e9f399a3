"""`xiaohe hooks …`: signed webhooks, in and out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import existing_file, positive
from xiaohe.cli.output import EXIT_REFUSED, Output, table
from xiaohe.cli.words import gettext as _

if TYPE_CHECKING:
    from xiaohe.channels.models import Endpoint
    from xiaohe.channels.webhook.receive import Received

Run = Callable[[argparse.Namespace, Output], int | None]
LIMIT = 50


def summary() -> str:
    return _("Tell other programs what happens here, and be told by them: signed webhooks.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"), required=True)

    def verb(name: str, run: Run, help: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=help, description=help)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        one.add_argument("--home", default=argparse.SUPPRESS)
        one.set_defaults(do=run)
        return one

    add = verb("add", _add, _("Add a webhook: without --url others call us, with it we call them."))
    add.add_argument("name", metavar=_("NAME"))
    add.add_argument("--url", metavar="URL", help=_("where to send what happens"))
    add.add_argument(
        "--types",
        default="",
        metavar=_("TYPES"),
        help=_("what to send, parted by commas: order.paid, order.*, *, import.committed …"),
    )
    add.add_argument("--batched", action="store_true", help=_("up to 100 facts in one message"))
    add.add_argument(
        "--allow-private",
        action="store_true",
        help=_("the URL may lie in this network, and be plain http"),
    )
    add.add_argument(
        "--platform",
        default="",
        metavar=_("PLATFORM"),
        help=_("whose customers and orders come in, like taobao"),
    )
    _add_secret(add)
    listed = verb("list", _list, _("List webhooks."))
    listed.add_argument("--removed", action="store_true", help=_("those that were removed"))
    _add_which(verb("show", _show, _("Show one webhook.")))
    rotate = verb("rotate", _rotate, _("Give a webhook a new secret; the old one holds a while."))
    _add_which(rotate)
    rotate.add_argument(
        "--grace-hours",
        type=float,
        default=24.0,
        metavar=_("HOURS"),
        help=_("how long the old secret holds (default: 24)"),
    )
    _add_secret(rotate)
    _add_which(verb("disable", _disable, _("Switch a webhook off; what waits for it waits.")))
    _add_which(verb("enable", _enable, _("Switch a webhook on again.")))
    _add_which(verb("remove", _remove, _("Remove a webhook: it stops and is listed no more.")))
    _add_which(verb("bring-back", _bring_back, _("Bring a removed webhook back.")))
    _add_which(verb("test", _test, _("Send a test message now and tell what was answered.")))
    sent = verb("deliveries", _deliveries, _("List what was sent and how it went."))
    sent.add_argument("which", nargs="?", metavar=_("WEBHOOK"))
    sent.add_argument("--state", choices=("waiting", "sending", "unknown", "delivered", "given_up"))
    sent.add_argument("--limit", type=positive, default=LIMIT)
    resend = verb("resend", _resend, _("Send deliveries again, under their old ids."))
    resend.add_argument("deliveries", nargs="*", type=positive, metavar=_("DELIVERY"))
    resend.add_argument("--failed", metavar=_("WEBHOOK"), help=_("all it gave up on"))
    kept = verb("letters", _letters, _("List messages that could not be read, or show one."))
    kept.add_argument("letter", nargs="?", type=positive, metavar=_("LETTER"))
    mend = verb("mend", _mend, _("Read a kept message again, from a file that mends it."))
    one_or_all = mend.add_mutually_exclusive_group(required=True)
    one_or_all.add_argument("letter", type=positive, nargs="?", metavar=_("LETTER"))
    one_or_all.add_argument("--all", action="store_true", help=_("all of them"))
    mend.add_argument("--file", type=existing_file, metavar=_("FILE"))
    drop = verb("drop", _drop, _("Settle a kept message without counting it."))
    drop.add_argument("letter", type=positive, metavar=_("LETTER"))
    restore = verb(
        "restore", _restore, _("Let a message that was dropped wait to be mended again.")
    )
    restore.add_argument("letter", type=positive, metavar=_("LETTER"))


def run(arguments: argparse.Namespace, out: Output) -> int | None:
    inside.enter(out)
    inside.quietly()
    do: Run = arguments.do
    return do(arguments, out)


# ---------------------------------------------------------------- endpoints


def _add(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints

    if arguments.url:
        added = endpoints.add_outbound(
            arguments.name,
            arguments.url,
            arguments.types.split(","),
            _now(),
            private=arguments.allow_private,
            batched=arguments.batched,
            secret=arguments.secret,
        )
    else:
        added = endpoints.add_inbound(
            arguments.name, _now(), platform=arguments.platform, secret=arguments.secret
        )
    data: dict[str, Any] = {"id": added.id, "secret": added.secret}
    lines = [added.id, _("Secret (told only now): %(secret)s") % {"secret": added.secret}]
    if not arguments.url:
        data["path"] = f"/hooks/{added.id}"
        lines.append(_("Others send to: %(path)s") % {"path": data["path"]})
    out.answer(data, lines)


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints, store

    counts = store.counts()
    ends = endpoints.removed() if arguments.removed else endpoints.listing()
    found = [_told(each, counts) for each in ends]
    head = (_("id"), _("name"), _("way"), _("state"), _("waiting"), _("gave up"))
    rows = [
        (
            each["id"],
            each["name"],
            each["direction"],
            each["state"],
            each["waiting"],
            each["given_up"],
        )
        for each in found
    ]
    out.answer(found, table(rows, head=head) if rows else [_("There are no webhooks.")])


def _show(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints, store

    one = endpoints.named(arguments.which)
    told = _told(one, store.counts())
    told["url"] = endpoints.url_of(one) or None
    told["path"] = None if told["url"] else f"/hooks/{one.id}"
    told["platform"] = one.platform or None
    told["secrets"] = len(endpoints.secrets_of(one, _now()))
    lines = [
        f"{name}: {', '.join(value) if isinstance(value, list) else value}"
        for name, value in told.items()
        if value not in (None, [], "")
    ]
    out.answer(told, lines)


def _rotate(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints

    one = endpoints.named(arguments.which)
    grace = timedelta(hours=arguments.grace_hours)
    secret = endpoints.rotate(one.id, _now(), grace=grace, secret=arguments.secret)
    said = _("New secret (told only now): %(secret)s") % {"secret": secret}
    out.answer({"id": one.id, "secret": secret}, [said])


def _disable(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints

    one = endpoints.named(arguments.which)
    endpoints.disable(one.id, _now())
    out.answer({"id": one.id, "state": "off"}, [_("%(id)s is off.") % {"id": one.id}])


def _enable(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import deliver, endpoints

    one = endpoints.named(arguments.which)
    endpoints.enable(one.id, _now())
    deliver.soon()
    out.answer({"id": one.id, "state": "on"}, [_("%(id)s is on.") % {"id": one.id}])


def _remove(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints

    one = endpoints.named(arguments.which)
    endpoints.retire(one.id, _now())
    said = _("%(name)s is removed. Bring it back with: xiaohe hooks bring-back %(id)s")
    out.answer({"id": one.id, "state": "removed"}, [said % {"name": one.name, "id": one.id}])


def _bring_back(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import deliver, endpoints

    one = endpoints.named(arguments.which)
    endpoints.bring_back(one.id, _now())
    deliver.soon()
    state = _state(endpoints.one(one.id))
    said = _("%(name)s is back: %(state)s.") % {"name": one.name, "state": state}
    out.answer({"id": one.id, "state": state}, [said])


# ---------------------------------------------------------------- deliveries


def _test(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.channels.webhook import deliver, endpoints
    from xiaohe.kernel.clock import utc_now

    answer = deliver.test(endpoints.named(arguments.which).id, utc_now)
    data = {
        "delivered": answer.is_success,
        "status": answer.status,
        "why": answer.why,
        "ms": answer.ms,
    }
    said = {"answer": answer.status or answer.why, "ms": answer.ms}
    out.answer(data, [_("Answer: %(answer)s after %(ms)d ms.") % said])
    return 0 if answer.is_success else EXIT_REFUSED


def _deliveries(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import endpoints, store

    which = endpoints.named(arguments.which).id if arguments.which else None
    found = store.listed(which, arguments.state, arguments.limit)
    head = (_("no."), _("when"), _("webhook"), _("type"), _("state"), _("tries"), _("answer"), "ms")
    rows = [
        (
            each.id,
            f"{_instant(each.created_us):%Y-%m-%d %H:%M:%S}",
            each.endpoint,
            each.type,
            each.state,
            each.attempts,
            str(each.status or each.why or "–"),
            each.ms,
        )
        for each in found
    ]
    out.answer(found, table(rows, head=head) if rows else [_("Nothing was sent yet.")])


def _resend(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import deliver, endpoints

    failed = endpoints.named(arguments.failed).id if arguments.failed else None
    count = deliver.again(arguments.deliveries, _now(), failed_of=failed)
    out.answer({"resent": count}, [_("%(count)d go out again.") % {"count": count}])


# ---------------------------------------------------------------- letters


def _letters(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import letters

    if arguments.letter:
        text = letters.text_of(arguments.letter, _now())
        out.answer({"letter": arguments.letter, "text": text}, [text])
        return
    found = letters.listing(limit=LIMIT)
    head = (_("no."), _("when"), _("webhook"), _("why"), _("times"))
    rows = [
        (each.id, f"{each.received_at:%Y-%m-%d %H:%M}", each.endpoint, each.why, each.times)
        for each in found
    ]
    out.answer(found, table(rows, head=head) if rows else [_("Everything could be read.")])


def _mend(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import mending

    if arguments.all:
        read, left = mending.replay_all(_now())
        line = _("%(read)d messages count now, %(left)d still cannot be read.")
        out.answer({"read": read, "left": left}, [line % {"read": read, "left": left}])
        return
    path: Path | None = arguments.file
    done: Received = (
        mending.mend(arguments.letter, path.read_bytes(), _now())
        if path
        else mending.replay(arguments.letter, _now())
    )
    said = _("%(new)d new facts, %(known)d known.") % {"new": done.new, "known": done.known}
    out.answer(done, [said])


def _drop(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import letters

    letters.drop(arguments.letter)
    out.answer({"dropped": arguments.letter}, [_("Settled.")])


def _restore(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.channels.webhook import letters

    letters.restore(arguments.letter)
    out.answer({"restored": arguments.letter}, [_("It waits again.")])


# ---------------------------------------------------------------- small


def _add_which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("which", metavar=_("WEBHOOK"), help=_("its id or its name"))


def _add_secret(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--secret", metavar="whsec_…", help=_("a secret that the other side has already")
    )


def _told(one: Endpoint, counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "direction": one.direction,
        "state": _state(one),
        "off_at": one.off_at,
        "removed_at": one.retired_at,
        "failing_since": one.failing_since,
        "types": one.types,
        "batched": one.batched,
        "allow_private": one.private,
        "waiting": sum(
            counts.get((one.id, state), 0) for state in ("waiting", "sending", "unknown")
        ),
        "delivered": counts.get((one.id, "delivered"), 0),
        "given_up": counts.get((one.id, "given_up"), 0),
    }


def _state(one: Endpoint) -> str:
    if one.retired_at is not None:
        return "removed"
    return f"off: {one.off_reason}" if one.off_reason else "on"


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _now() -> datetime:
    from xiaohe.kernel.clock import utc_now

    return utc_now()
