"""Named points at which a test may kill this very process, to prove that nothing is lost or doubled."""

from __future__ import annotations

import os
import signal

POINTS = ("after_write", "after_fsync", "before_commit", "after_commit")


def at(point: str) -> None:
    """Kill -9 ourselves here if XIAOHE_CRASH_AT names this point; nothing otherwise."""
    if os.environ.get("XIAOHE_CRASH_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
