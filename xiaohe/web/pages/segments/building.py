"""The builder's page: what was sent, as lines; what the rule says, and whom it finds now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.kernel.errors import BadInput, RetryLater
from xiaohe.people import names, search
from xiaohe.segments import queries, state, text
from xiaohe.segments.rules import checks
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.tree import All, Rule
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import known, menu, saying
from xiaohe.web.pages.segments.built import Building, Built
from xiaohe.web.pages.segments.controls import Builder, Dropped, Line, Look, Mark
from xiaohe.web.pages.segments.draft import ROOT, Draft, Is, at, child_id, line_place
from xiaohe.web.pages.segments.drafts import Drafting
from xiaohe.web.pages.segments.lines import Drawing

SAMPLE = 5
# A list is put together of so many found at once.
MOST_HITS = 12


@dataclass
class Bench:
    """One request's work on one draft: the vocabulary is read once."""

    vocabulary: Vocabulary = field(default_factory=queries.vocabulary)

    # ---- text ----
    def printed(self, rule: Rule) -> str:
        return text.print_rule(rule, self.vocabulary.currency, self.vocabulary)

    def read(self, written: str) -> Rule:
        return text.parse(written, self.vocabulary)

    def drafted(self, rule: Rule) -> Draft:
        return Drafting(self.printed, self.vocabulary.currency).whole(rule)

    def line_of(self, written: str) -> Draft | None:
        """The line of a text form, as for a line that is put back."""
        try:
            return Drafting(self.printed, self.vocabulary.currency).of(self.read(written))
        except BadInput:
            return None

    # ---- rule ----
    def building(self) -> Building:
        return Building(self.vocabulary, self.read, self._check)

    def _check(self, rule: Rule) -> None:
        checks.check(rule, self.vocabulary)

    # ---- page ----
    def builder(
        self,
        draft: Draft,
        now: datetime,
        *,
        name: str = "",
        slug: str = "",
        before: Draft | None = None,
        dropped: str = "",
        new: str = "",
        is_complaining: bool = False,
        **more: Any,
    ) -> Builder:
        """`is_complaining`: beside each unfinished line stands what it lacks; else they only do not count yet.

        `before`, `dropped`: the draft from which the node at that place was just taken away. `new`: the place of one
        that was just added.
        """
        building = self.building()
        built = building.whole(draft)
        saved = queries.segments()
        called = {each.slug: each.name for each in saved}
        said = {place: saying.clause(rule, called) for place, rule in building.rules.items()}
        # What was typed and cannot be is told at once, what is not filled in yet when it is to be saved.
        shown = {
            place: problem
            for place, problem in built.problems.items()
            if is_complaining or place in building.refused
        }
        drawing = Drawing(
            self.vocabulary,
            known.of,
            _named,
            {k: v for k, v in called.items() if k != slug},
            said,
            shown,
            tuple(built.problems),
        )
        root = drawing.line(draft)
        added = root.at(new) if new else None
        return Builder(
            root=root,
            focus=(added.waits_at() if added else "")
            or new
            or self._lacking(root, built, is_complaining),
            look=self.look(draft, building, built, now, called),
            name=name,
            slug=slug,
            title=called.get(slug, name),
            shelves=menu.offered(self.vocabulary),
            dropped=self._dropped(before, dropped, drawing) if before is not None else None,
            text=self.printed(built.rule),
            **more,
        )

    def _lacking(self, root: Line, built: Built, is_complaining: bool) -> str:
        """When it was to be saved and could not be: the first control that lacks something."""
        place = next(iter(built.problems), "") if is_complaining else ""
        found = root.at(place)
        return found.waits_at() if found else ""

    def _dropped(self, before: Draft, place: str, drawing: Drawing) -> Dropped | None:
        """What was just taken away, if the line was whole enough to be put back; of a detail its whole line."""
        line = line_place(before, place)
        draft, building = at(before, line), self.building()
        rule = building.rule(draft, line) if draft is not None else None
        if rule is None or building.problems:
            return None
        up, _dash, number = line.rpartition("-")
        written, said = self.printed(rule), saying.clause(rule, drawing.segments)
        if line != place:
            return Dropped(
                up, int(number), _("A detail was taken away."), f"again:{line}::{written}"
            )
        told = _("Taken away: %(line)s") % {"line": said}
        return Dropped(up, int(number), told, f"put:{up}:{number}:{written}")

    def look(
        self,
        draft: Draft,
        building: Building,
        built: Built,
        now: datetime,
        called: Mapping[str, str],
    ) -> Look:
        sentence = saying.sentence(built.rule, called)
        lacking: Any = {
            # Of two details of one line both may lack something.
            "unfinished": len({line_place(draft, each) for each in built.problems}),
            "open_at": next((line_place(draft, each) for each in built.problems), ""),
        }
        try:
            # A rule the lines cannot tell apart: circles, and what only the whole of it shows.
            checks.check(built.rule, self.vocabulary)
            standing = state.current(now)
            count = standing.count(built.rule)
            cuts = _cuts(standing, draft, building)
            chosen = standing.sample(built.rule, SAMPLE) if count and not count.about else []
        except RuleError as refused:
            return Look(sentence, problem=refused.problem, **lacking)
        except RetryLater:
            waiting = _("The people are being worked out; the number follows in a moment.")
            return Look(sentence, waiting=waiting, **lacking)
        shown = names.display(chosen)
        return Look(
            sentence,
            count=count,
            about=count.about,
            everybody=standing.everyone,
            names=tuple((each, people.name_of(shown, each)) for each in chosen),
            cuts=cuts,
            **lacking,
        )


def _named(chosen: tuple[int, ...], words: str) -> list[tuple[int, str, bool]]:
    """Who is on a list, and whom of all people a search finds beside them."""
    hits = [each.person for each in search.find(words, MOST_HITS)] if words else []
    everybody = list(dict.fromkeys([*chosen, *hits]))
    shown = names.display(everybody) if everybody else {}
    return [(each, people.name_of(shown, each), each in chosen) for each in everybody]


def _cuts(standing: Any, draft: Draft, building: Building) -> dict[str, str]:
    """What each line does: of those that all must hold, how many it alone removes; else how many fit it."""
    found: dict[str, str] = {}
    tops = [child_id(ROOT, number) for number in range(len(draft.children))]
    finished = [place for place in tops if place in building.rules]
    if draft.one("join") != "any" and len(finished) > 1:
        rule = All(tuple(building.rules[place] for place in finished))
        for place, step in zip(finished, standing.funnel(rule), strict=True):
            found[place] = cut_said(step.removes, step.alone)
    for place, each in building.rules.items():
        node = at(draft, place)
        if place not in found and place != ROOT and node is not None and node.kind is not Is.GROUP:
            found[place] = fits_said(standing.count(each))
    return found


def cut_said(removes: int, alone: int) -> str:
    """`removes`: so many more there would be without it; `alone`: so many fit it, whatever the others say."""
    if not alone:
        return _("Nobody fits it.")
    if not removes:
        said = ngettext(
            "Without it, nothing changes; %(shown)s person fits it.",
            "Without it, nothing changes; %(shown)s people fit it.",
            alone,
        )
        return said % {"shown": f"{alone:,}"}
    said = ngettext(
        "Without it, there would be %(shown)s more person.",
        "Without it, there would be %(shown)s more people.",
        removes,
    )
    return said % {"shown": f"{removes:,}"}


def fits_said(count: int) -> str:
    if not count:
        return _("Nobody fits it.")
    said = ngettext("%(shown)s person fits it.", "%(shown)s people fit it.", count)
    return said % {"shown": f"{count:,}"}


def mark(written: str, refused: RuleError) -> Mark:
    """Where a text went wrong, and the text as it was probably meant."""
    place = refused.place
    start, end = place.start, place.start + place.length
    before, there, after = written[:start], written[start:end], written[end:]
    fixed = f"{before}{refused.suggestion}{after}" if refused.suggestion else ""
    return Mark(before, there, after, _at(refused), fixed, refused.suggestion)


def _at(refused: RuleError) -> str:
    place = refused.place
    if not place.line:
        return refused.problem
    said = _("Line %(line)d, column %(column)d: %(problem)s")
    return said % {"line": place.line, "column": place.column, "problem": refused.problem}
