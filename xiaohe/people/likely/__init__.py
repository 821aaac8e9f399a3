"""Who is probably whom: scored pairs of contacts and buyers, or of buyers on two platforms, and a few questions about them. Never joins by itself.

records ─► blocking ─► comparing ─► model (stats.fellegi_sunter) ─► building ─► table ─► questions ─► facts
"""

from __future__ import annotations

from xiaohe.people.likely.questions import (
    AT_MOST,
    Answer,
    Question,
    across_platforms,
    all_one,
    answer,
    question,
    questions,
)

__all__ = [
    "AT_MOST",
    "Answer",
    "Question",
    "across_platforms",
    "all_one",
    "answer",
    "question",
    "questions",
]
