"""A process of its own that brings the state on, or records what changed, until it is killed at a named point."""

from __future__ import annotations

import os
import sys
from datetime import datetime


def main() -> None:
    import django

    os.environ["XIAOHE_CRASH_AT"], what, at = sys.argv[1:4]
    django.setup()
    from xiaohe.segments import state
    from xiaohe.segments.state import recording

    now = datetime.fromisoformat(at)
    if what == "refresh":
        state.refresh(now)
    else:
        recording.record(now)


if __name__ == "__main__":
    main()
