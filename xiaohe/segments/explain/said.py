"""What the query says of a person now, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.query import additive
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare, Leaf, Measure, Rank
from xiaohe.segments.rules.vocabulary import Kind

# Conditions that are one question: a rule may have hundreds. Those on one kind of records are one pass over them;
# several kinds at once take longer to put together than one after the other, and each sequence is two steps deeper.
OF_ONE_KIND, OF_OTHERS = 24, 12


def truths(world: World, leaves: Mapping[str, Leaf]) -> dict[str, bool]:
    """Of the one person of the world; what comes with other days (`is_of_days`) is told from those, and False here."""
    found = dict.fromkeys(leaves, False)
    for keys in _lots({key: each for key, each in leaves.items() if not is_of_days(each)}):
        some = {f"leaf_{at}": leaves[key] for at, key in enumerate(keys)}
        (row,) = world.read.run(leaf_table(world, some)).to_pylist()
        found |= {key: row[name] for key, name in zip(keys, some, strict=True)}
    return found


def is_of_days(leaf: Leaf) -> bool:
    """Whether what it is now comes with what it is on other days (`days`), or with the places of others (`places`)."""
    if isinstance(leaf, Compare):
        return ATTRIBUTES[leaf.field].kind not in (Kind.DAY, Kind.RECURRING)
    return isinstance(leaf, Rank)


def _lots(leaves: Mapping[str, Leaf]) -> Iterator[list[str]]:
    """Keys of leaves that are one question."""
    measures = {key: each for key, each in leaves.items() if isinstance(each, Measure)}
    others = [key for key in leaves if key not in measures]
    for keys, most in (
        *((keys, OF_ONE_KIND) for keys in additive.by_records(measures).values()),
        (others, OF_OTHERS),
    ):
        for begin in range(0, len(keys), most):
            yield keys[begin : begin + most]


__all__ = ["is_of_days", "truths"]
