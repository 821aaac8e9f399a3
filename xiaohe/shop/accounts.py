"""The register of our accounts: who we are when we talk to a customer."""

from __future__ import annotations

from xiaohe.shop import zones
from xiaohe.shop.models import Account, AccountKind

# owned, free to reach, reusable. A follow is mixed: the platform decides who sees us. A consented phone or
# mailbox is reachable at a price and under rules, so it is not free.
DEFAULT_FLAGS = {
    AccountKind.WECOM: (True, True, True),
    AccountKind.PERSONAL_WECHAT: (True, True, True),
    AccountKind.GROUP: (True, True, True),
    AccountKind.APP: (True, True, True),
    AccountKind.OFFICIAL_ACCOUNT: (True, False, True),
    AccountKind.SMS: (True, False, True),
    AccountKind.EMAIL: (True, False, True),
}


def account_named(kind: AccountKind | str, name: str, *, staff: str = "") -> Account:
    """The account of that kind and name, entered in the register if it is new; safe to call twice."""
    kind = AccountKind(kind)
    owned, free_reach, reusable = zones.default_flags(kind, DEFAULT_FLAGS[kind])
    account, _created = Account.objects.get_or_create(
        kind=kind.value,
        name=name.strip(),
        defaults={
            "staff": staff,
            "owned": owned,
            "free_reach": free_reach,
            "reusable": reusable,
        },
    )
    return account


def register() -> list[Account]:
    """All our accounts, oldest first."""
    return list(Account.objects.order_by("id"))


def classify(account_id: int, *, owned: bool, free_reach: bool, reusable: bool) -> None:
    """Say how much of an account is ours; M01 follows at once."""
    Account.objects.filter(pk=account_id).update(
        owned=owned, free_reach=free_reach, reusable=reusable
    )
