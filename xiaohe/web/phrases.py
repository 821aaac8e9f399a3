"""How the pages say what the rooms below know: stages, rhythms, lengths of time. Plain words, no terms."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.stats.stages import Stage

STAGES = {
    Stage.NEW: gettext_lazy("new"),
    Stage.GROWING: gettext_lazy("growing"),
    Stage.REGULAR: gettext_lazy("regular"),
    Stage.AT_RISK: gettext_lazy("not seen lately"),
    Stage.DORMANT: gettext_lazy("gone for long"),
    Stage.LOST: gettext_lazy("probably gone"),
    Stage.PROSPECT: gettext_lazy("not bought yet"),
    Stage.PASSER_BY: gettext_lazy("passer-by"),
}
# Beyond this ratio "is due" is no longer what anybody would say.
GONE_RATIO = 1.5


def stage(name: str | None) -> str:
    return str(STAGES[Stage(name)]) if name else ""


def span(days: float) -> str:
    """A length of time as people say it: days up to two weeks, then weeks, then months."""
    whole = round(days)
    if whole < 14:
        return ngettext("%(count)d day", "%(count)d days", whole) % {"count": whole}
    if whole < 60:
        weeks = round(whole / 7)
        return ngettext("%(count)d week", "%(count)d weeks", weeks) % {"count": weeks}
    months = round(whole / 30.4)
    if months < 24:
        return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
    years = round(whole / 365)
    return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}


def since(at: datetime, now: datetime) -> str:
    """How long ago something was, as people say it: minutes within the hour, hours within the day, then days."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {
            "count": minutes
        }
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    days = hours // 24
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def rhythm(
    *, cycle: float | None, basis: str | None, days_since: int | None, occasions: int | None
) -> str:
    """One line on how often somebody comes and where today falls."""
    if not occasions or days_since is None:
        return _("No purchase known yet.")
    if cycle is None:
        return _("Bought %(span)s ago; no rhythm yet.") % {"span": span(days_since)}
    if basis == "first_return":
        said = _(
            "Bought once, %(span)s ago. First-time buyers here usually come back after %(cycle)s."
        )
        return said % {"span": span(days_since), "cycle": span(cycle)}
    if days_since / cycle >= GONE_RATIO:
        said = _("Used to come every %(cycle)s; not seen for %(span)s.")
        return said % {"cycle": span(cycle), "span": span(days_since)}
    return _("Comes every %(cycle)d days or so; today is day %(days)d.") % {
        "cycle": round(cycle),
        "days": days_since,
    }
