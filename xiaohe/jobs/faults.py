"""Why a job failed, as it is stored: a code, a whole sentence and its numbers; never somebody's data."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, gettext_noop, override

from xiaohe.kernel import disk
from xiaohe.kernel.errors import Postponed, RetryLater, XiaoheError

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Fault:
    code: str
    sentence: str
    data: dict[str, Any]

    @property
    def message(self) -> str:
        """The sentence in the reader's language."""
        said = gettext(self.sentence)
        return said % self.data if self.data else said

    def to_json(self) -> str:
        return json.dumps(
            {"code": self.code, "sentence": self.sentence, "data": self.data}, default=str
        )


WORKER_DIED = Fault(
    "worker_died",
    gettext_noop("The work was interrupted again and again, so it was given up."),
    {},
)


def from_json(text: str) -> Fault | None:
    return Fault(**json.loads(text)) if text else None


def of(error: Exception) -> Fault:
    """What may be kept of an exception: an expected refusal's own words, of anything else only its place.

    The text of an unexpected exception may quote a customer's row, so it is not kept anywhere.
    """
    refusal = error if isinstance(error, XiaoheError) else disk.explained(error)
    if refusal is not None:
        with override(None):
            return Fault(refusal.code, str(refusal.message), _numbers_only(refusal.data))
    where = place_of(error)
    return Fault("bug", gettext_noop("Something went wrong inside (%(where)s)."), {"where": where})


def _numbers_only(data: Mapping[str, Any]) -> dict[str, Any]:
    """A text among a refusal's data may be a file's name, and that a person's; a number is nobody."""
    return {name: value if isinstance(value, int | float) else "…" for name, value in data.items()}


def is_final(error: Exception) -> bool:
    """An expected refusal will be refused again; a busy store or a bug may pass."""
    return isinstance(error, XiaoheError) and not isinstance(error, RetryLater)


def is_postponed(error: Exception) -> float | None:
    """Seconds until a job that waits for the world outside looks again; None for every other failure."""
    refusal = error if isinstance(error, XiaoheError) else disk.explained(error)
    return refusal.wait_seconds if isinstance(refusal, Postponed) else None


def place_of(error: BaseException) -> str:
    """`TypeError at traits/state.py:120`: the deepest frame of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    # The first frame is the runner that called the handler.
    ours = [frame for frame in frames[1:] if Path(frame.filename).is_relative_to(PACKAGE)]
    if not ours:
        return type(error).__name__
    last = ours[-1]
    where = Path(last.filename).relative_to(PACKAGE).as_posix()
    return f"{type(error).__name__} at {where}:{last.lineno}"
