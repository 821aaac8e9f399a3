"""What a question may end with instead of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import RetryLater, XiaoheError


class LakeBroken(XiaoheError):
    """A file of the lake is missing: no answer is better than a short one."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            "lake_broken",
            _("A file of the lake is missing or damaged: %(path)s. Restore it from a backup."),
            path=", ".join(paths),
        )


class TooSlow(RetryLater):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            "too_slow", _("The answer took longer than %(seconds)d seconds."), seconds=seconds
        )
