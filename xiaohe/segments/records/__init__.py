"""Records of people: what a rule can count, and what it may say of one of them.

registry     their names, fields and kinds: every type of fact, whole areas, sets, and what the shop folds itself
facts        facts of a kind as records
purchases    purchases and their lines: the state's orders, with what came in since
spells       of links, and where people came from: the state's, with what came in since
gone         facts that were taken back since
held         links and tags

A table of records has (person, on, at, row_no, key_hash), in whose order records of one person stand, and one column per
field asked for; lines of purchases have `times` beside, the purchase they are of.
"""

from __future__ import annotations

from xiaohe.segments.records.registry import RECORDS, kind_named

__all__ = ["RECORDS", "kind_named"]
