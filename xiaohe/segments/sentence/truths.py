"""What is either so or not, as clauses: of people, and of one record."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

# (it is so, it is not so).
OF_PEOPLE: dict[str, tuple[Any, Any]] = {
    "vip": (_("they are VIPs"), _("they are no VIPs")),
    "promoter": (_("they are promoters"), _("they are no promoters")),
    "muted": (_("they want to be left alone"), _("they have not asked to be left alone")),
    "bargain_hunter": (
        _("they look like bargain hunters"),
        _("they do not look like bargain hunters"),
    ),
    "complaint_open": (_("they have an open complaint"), _("they have no open complaint")),
    "due": (_("they are due to buy again"), _("they are not due to buy again")),
    "was_referred": (_("somebody brought them"), _("nobody brought them")),
    "linked": (_("they are linked with us"), _("they are not linked with us")),
    "friend": (_("they are friends of ours"), _("they are no friends of ours")),
    "in_group": (_("they are in a group of ours"), _("they are in no group of ours")),
    "follows": (_("they follow us"), _("they do not follow us")),
    "ever_linked": (
        _("they were linked with us at some time"),
        _("they were never linked with us"),
    ),
}
OF_RECORDS: dict[str, tuple[Any, Any]] = {
    "bulk": (_("the purchase is a bulk one"), _("the purchase is no bulk one")),
    "live": (_("the link is still live"), _("the link has ended")),
    "private": (_("the link is a private one"), _("the link is no private one")),
}
