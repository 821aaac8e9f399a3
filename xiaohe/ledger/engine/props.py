"""Properties of facts in questions: text out of the JSON in `props`, by every engine's own function for it."""

from __future__ import annotations

import ibis


@ibis.udf.scalar.builtin
def get_json_object(told: str, path: str) -> str:  # type: ignore[empty-body]
    """Spark's own function; DuckDB knows it as a macro."""


def prop(props: ibis.Value, name: str) -> ibis.Value:
    """One property as text; null if the fact does not have it. Raises ValueError if no property can have that name."""
    if not name.isidentifier():
        raise ValueError(f"not a property's name: {name}")
    return get_json_object(props, f"$.{name}")
