"""`xiaohe keys …`: keys with which the merchant's own programs ask (docs/api.md)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from xiaohe.cli import inside
from xiaohe.cli.output import Output, table
from xiaohe.cli.words import gettext as _

if TYPE_CHECKING:
    from xiaohe.shop.models import ApiKey


def summary() -> str:
    return _("Keys with which your own programs may ask.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="add|list|rotate|revoke", required=True)
    add = _verb(verbs, "add", _("a new key, which is shown once"), _add)
    add.add_argument("name", metavar=_("NAME"), help=_("what you call it"))
    add.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="segments:read",
        help=_("what it may do: segments:read, segments:write (default: segments:read)"),
    )
    _verb(verbs, "list", _("all keys"), _list)
    rotate = _verb(verbs, "rotate", _("a new key; the old one goes on for a day"), _rotate)
    rotate.add_argument("name", metavar=_("NAME"))
    revoke = _verb(verbs, "revoke", _("take a key no more"), _revoke)
    revoke.add_argument("name", metavar=_("NAME"))


def _verb(verbs: Any, name: str, told: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=told, description=told)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--home", default=argparse.SUPPRESS)
    parser.set_defaults(verb=run)
    return parser


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    arguments.verb(arguments, out)


def _add(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop import api_keys

    row, key = api_keys.add(arguments.name, arguments.scope or ["segments:read"], utc_now())
    _shown(row, key, out)


def _rotate(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop import api_keys

    row, key = api_keys.rotate(arguments.name, utc_now())
    _shown(row, key, out)


def _shown(row: ApiKey, key: str, out: Output) -> None:
    lines = [
        _("Key of %(name)s: %(key)s") % {"name": row.name, "key": key},
        _("It is shown this once. Programs send it as “Authorization: Bearer …”."),
    ]
    out.answer({**_told(row), "key": key}, lines)


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.shop import api_keys

    rows = [_told(each) for each in api_keys.all_keys()]
    head = ("id", _("name"), _("may"), _("state"))
    shown = [
        (r["id"], r["name"], ", ".join(r["scopes"]), _("revoked") if r["revoked_at"] else _("open"))
        for r in rows
    ]
    out.answer(rows, table(shown, head=head) if rows else [_("There is no key yet.")])


def _revoke(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop import api_keys

    row = api_keys.revoke(arguments.name, utc_now())
    line = _("The key of %(name)s opens nothing any more.") % {"name": row.name}
    out.answer(_told(row), [line])


def _told(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "revoked_at": row.revoked_at,
    }
