"""Masking stands in `people`, for every door; this is the name it has in this room."""

from __future__ import annotations

from xiaohe.people.masking import MASK, masked, masked_text, names_an_identifier

__all__ = ["MASK", "masked", "masked_text", "names_an_identifier"]
