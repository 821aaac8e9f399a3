"""Why a person fits a rule or does not: each condition with its value, the facts that decide it, since when and until when.

    explained(person, rule, now) ─► Explanation ─► Why per node, in words by `segments.explain.words`

asking      what the query says of the one person: truths, values, records, facts
folding     measures of their records at any instant, pure
timeline    truths over time, pure
"""

from __future__ import annotations

from xiaohe.segments.explain.asking import Cited, Explanation, Why, explain, explained

__all__ = ["Cited", "Explanation", "Why", "explain", "explained"]
