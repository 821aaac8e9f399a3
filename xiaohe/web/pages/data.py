"""Data and settings: files, the shop, our accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.ledger import imports
from xiaohe.shop import accounts, queries
from xiaohe.shop.models import AccountKind
from xiaohe.traits import state
from xiaohe.web import sample_shop
from xiaohe.web.pages import reports
from xiaohe.web.pages.models import DataPage
from xiaohe.web.templatetags.xiaohe import shop_day

SHOWN_IMPORTS = 5
ACCOUNT_KINDS = {
    AccountKind.WECOM: gettext_lazy("WeCom"),
    AccountKind.PERSONAL_WECHAT: gettext_lazy("personal WeChat"),
    AccountKind.GROUP: gettext_lazy("group"),
    AccountKind.APP: gettext_lazy("app"),
    AccountKind.OFFICIAL_ACCOUNT: gettext_lazy("official account"),
    AccountKind.SMS: gettext_lazy("text messages"),
    AccountKind.EMAIL: gettext_lazy("e-mail"),
}


@dataclass(frozen=True)
class AccountLine:
    id: int
    name: str
    kind: str
    owned: bool
    free_reach: bool
    reusable: bool


def page(today: date) -> DataPage:
    rows = imports.listing()
    return DataPage(
        sentence=_sentence(sum(row.state == "committed" for row in rows), today),
        shop=queries.the_shop(),
        imports=tuple(reports.line(row) for row in rows[:SHOWN_IMPORTS]),
        accounts=account_lines(),
        sample_href="/sample/" if sample_shop.stands() else "",
    )


def account_lines() -> tuple[AccountLine, ...]:
    return tuple(
        AccountLine(
            each.pk,
            each.name,
            str(ACCOUNT_KINDS[AccountKind(each.kind)]),
            each.owned,
            each.free_reach,
            each.reusable,
        )
        for each in accounts.register()
    )


def _sentence(files: int, today: date) -> str:
    until = state.current().data_until
    if not files:
        return _("No data yet: everything begins with an order file.")
    counted = ngettext("%(count)d file", "%(count)d files", files) % {"count": files}
    if until is None:
        return _("%(files)s read, no order in it yet.") % {"files": counted}
    return _("%(files)s read, orders up to %(day)s.") % {
        "files": counted,
        "day": shop_day(until, today),
    }
