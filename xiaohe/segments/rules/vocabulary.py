"""What rules may speak of, pure: attributes of people, kinds of records and their fields, each with its kind of value.

The names are the ones of the text form and of the pages' addresses: plain, lower case, never renamed. How they are
called for people is said in `segments.sentence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What values an attribute or a field has, hence which comparisons make sense."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    TRUTH = "truth"
    # A shop day.
    DAY = "day"
    # A day that comes back every year, by the sun or the moon.
    RECURRING = "recurring"
    CHOICE = "choice"
    # A property of a fact as stated: text, a number where it reads as one.
    STATED = "stated"


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordKind:
    """Records of one name. `types`: the facts it is made of; empty for what the shop folds itself.

    `times` names what COUNT counts if not rows (`purchase` for lines: a purchase with three teas is one time).
    """

    name: str
    fields: Mapping[str, Field]
    types: tuple[str, ...] = ()
    times: str = ""


@dataclass(frozen=True)
class Called:
    """Other spellings of names, as people read them: written ► name. `choices` by attribute or field."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def every(self) -> frozenset[str]:
        """Every spelling there is."""
        of_choices = (each for names in self.choices.values() for each in names)
        return frozenset([*self.attributes, *self.records, *self.fields, *of_choices])


NOT_CALLED = Called()


@dataclass(frozen=True)
class Vocabulary:
    """Everything a rule of this shop may name; `segments` are the slugs of saved ones."""

    attributes: Mapping[str, Field]
    records: Mapping[str, RecordKind]
    segments: frozenset[str] = field(default=frozenset())
    # Of the shop's money; amounts in another are no numbers for a rule.
    currency: str = "CNY"
    called: Called = NOT_CALLED
