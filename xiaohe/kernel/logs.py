"""Log lines: one line per event, as JSON for machines or text for a terminal, and nobody's data in any of them.

    XIAOHE_LOG=json   every event from INFO up, one JSON object a line; the default where no terminal is
    XIAOHE_LOG=text   the same for eyes; at a terminal, unset, only what is wrong

What is ours is logged by code, id and place. The text of an exception and the arguments of other people's log
calls may quote a customer's row, so neither is ever written: of an exception the type and the frames, of a
foreign line its template.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from xiaohe.kernel import trace, workspace

PACKAGE = Path(__file__).resolve().parent.parent
OURS = "xiaohe"
# A net below the rule, for a slip of ours: what looks like a Chinese mobile number or a mail address.
_LIKE_SOMEBODY = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|[\w.+-]+@[\w-]+\.\w[\w.]*")

Frames = list[str]


def event(log: logging.Logger, level: int, message: str, **values: object) -> None:
    """One line with values of its own: codes, ids, counts and durations, never a person's data."""
    if log.isEnabledFor(level):
        log.log(level, message, extra={"values": values})


def config() -> dict[str, Any]:
    """For logging.config: everything goes to stderr, in the chosen form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{'Json' if _is_json() else 'Text'}Lines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": _level()},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "ERROR"},
            # Its warnings are advice about settings we chose.
            "_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


def never_quote_errors() -> None:
    """Have this process report what nobody caught like everything else: type and frames, no text."""
    log = logging.getLogger("xiaohe.uncaught")

    def uncaught(
        kind: type[BaseException], error: BaseException, frames: TracebackType | None
    ) -> None:
        log.error("an error ended this process", exc_info=(kind, error, frames))

    def in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            log.error(
                "an error ended a thread",
                exc_info=(told.exc_type, told.exc_value, told.exc_traceback),
            )

    def unraisable(told: Any) -> None:
        if told.exc_value is not None:
            log.error(
                "an error in a clean-up",
                exc_info=(told.exc_type, told.exc_value, told.exc_traceback),
            )

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def frames_of(error: BaseException) -> Frames:
    """Where an error came from, innermost last: file, line and function, no values."""
    return [_frame(each) for each in traceback.extract_tb(error.__traceback__)]


class Lines(logging.Formatter):
    """What both forms have in common: the facts of a line."""

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        belongs = trace.current()
        instant = datetime.fromtimestamp(record.created, UTC)
        found: dict[str, Any] = {
            "time": instant.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            "workspace": workspace.current().name,
            "request": belongs.request or None,
            "job": belongs.job or None,
            "job_id": belongs.job_id,
            **_values(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            found["error"] = type(record.exc_info[1]).__name__
            found["frames"] = frames_of(record.exc_info[1])
        return {name: value for name, value in found.items() if value is not None}


class JsonLines(Lines):
    def format(self, record: logging.LogRecord) -> str:
        return masked(json.dumps(self.facts(record), ensure_ascii=False, default=str))


class TextLines(Lines):
    def format(self, record: logging.LogRecord) -> str:
        facts = self.facts(record)
        frames: Frames = facts.pop("frames", [])
        head = [facts.pop("time"), facts.pop("level").upper(), facts.pop("logger")]
        message = facts.pop("message")
        if facts.get("workspace") == workspace.MAIN:
            del facts["workspace"]
        rest = [f"{name}={value}" for name, value in facts.items()]
        return masked("\n  ".join([" ".join([*head, message, *rest]), *frames]))


def masked(text: str) -> str:
    """Without what looks like somebody's number or address."""
    return _LIKE_SOMEBODY.sub("…", text)


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] == OURS:
        return record.getMessage()
    if record.args:
        return str(record.msg)
    # Put together by its author, perhaps from a customer's data: only where it was said is certain to be harmless.
    return f"a message of {record.module}:{record.lineno}"


def _values(record: logging.LogRecord) -> Mapping[str, Any]:
    values = getattr(record, "values", None)
    return values if isinstance(values, dict) else {}


def _frame(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    shown = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
    return f"{shown}:{frame.lineno} {frame.name}"


def _is_json() -> bool:
    chosen = os.environ.get("XIAOHE_LOG", "")
    return chosen == "json" or (chosen != "text" and not sys.stderr.isatty())


def _level() -> str:
    """At a terminal somebody reads the program's own sentences; lines of every request would bury them."""
    calm = not os.environ.get("XIAOHE_LOG") and sys.stderr.isatty()
    return "WARNING" if calm else "INFO"
