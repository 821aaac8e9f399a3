"""Nothing of this room leaves with an export of everything."""

from __future__ import annotations

from xiaohe.kernel.belongings import stays

stays(
    "jobs_job", "jobs_recurring", "jobs_worker", why="rebuilt: what came in asks for its work again"
)
