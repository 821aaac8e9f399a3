"""Answers of this process by the build of the state they were read from: a state never changes, so neither do they."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from xiaohe.traits.state import State

Answer = TypeVar("Answer")

# Some hundred bytes each; the business page asks for two dozen.
MOST = 256
_kept: OrderedDict[tuple[str, Hashable], Any] = OrderedDict()
_lock = Lock()


def once(state: State, asked: Hashable, answer: Callable[[], Answer]) -> Answer:
    """The answer to `asked` over this state, worked out at most once while it is remembered."""
    if not state.id:
        return answer()
    key = (state.id, asked)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            known: Answer = _kept[key]
            return known
    found = answer()
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found
