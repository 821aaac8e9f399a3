"""Named points at which a test may kill this very process, to prove that nothing is lost or doubled."""

from __future__ import annotations

import os
import signal

POINTS = ("after_write", "after_fsync", "before_commit", "after_commit")
# Merging runs of recent keys, letting them go, and recording.
RUN_POINTS = tuple(f"run_{point}" for point in POINTS)
EXPIRE_POINTS = ("expire_before_commit", "expire_after_commit")
RECORD_POINTS = ("record_before_commit", "record_after_commit")


def at(point: str) -> None:
    """Kill -9 ourselves here if XIAOHE_CRASH_AT names this point; nothing otherwise."""
    if os.environ.get("XIAOHE_CRASH_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
