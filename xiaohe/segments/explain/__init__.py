"""Why a person fits a rule or does not: each condition with its value, the facts that decide it, since when and until when.

    explained(person, rule, now) ─► Explanation ─► Why per node, in words by `segments.explain.words`

door        somebody by their number
asking      what the query says of the one person, put together
said        what it says of them now
person      everything there is about them, read once, as a small world of their own
days        their attributes at many instants in one question
attributes  leaves of attributes over time, and what cannot be told of them
ahead       days that come back
folding     measures and chains of their records at any instant, pure
recorded    links and tags at any instant
lasting     what has been so for some time, by the words written down
places      places among others
timeline    truths over time, pure; why something cannot be told
citing      the facts that are named
alone       which of them decide by themselves: of records by `deciding`, of attributes by the person `without` them
rhythm      the rhythm of one person, pure
hanging     what attributes hang on
told        what an explanation is made of
"""

from __future__ import annotations

from xiaohe.segments.explain.asking import explained
from xiaohe.segments.explain.citing import Cited
from xiaohe.segments.explain.door import explain
from xiaohe.segments.explain.told import Explanation, Why

__all__ = ["Cited", "Explanation", "Why", "explain", "explained"]
