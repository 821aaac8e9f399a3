"""What can go wrong with a job besides its own work."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import Conflict


class LeaseLost(Conflict):
    """Another worker has this job now: whatever was not committed must not be."""

    def __init__(self, job_id: int) -> None:
        super().__init__(
            "lease_lost",
            _("Another worker has taken over job %(job)d."),
            job=job_id,
        )
