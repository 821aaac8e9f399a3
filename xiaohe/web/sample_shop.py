"""Whether a whole sample shop stands: the simulator leaves a mark in its folder when loading has ended."""

from __future__ import annotations

from xiaohe.kernel import workspace

READY = "ready"


def stands() -> bool:
    """False while it is being loaded, or when a load was cut off: half a shop is never shown."""
    return (workspace.workspace(workspace.SAMPLE).home / READY).exists()
