"""After a change: let what follows from it happen before the command ends, so that the next one sees it."""

from __future__ import annotations

from xiaohe.cli.bar import Bar
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _

# A running `xiaohe up` may have taken the job first; its rebuild at a million people takes seconds.
WAIT_SECONDS = 120.0


def settle(out: Output) -> None:
    """Run the jobs that are due, here, and wait for those another process is running."""
    from xiaohe import jobs
    from xiaohe.jobs import store

    with Bar(_("bringing the list up to date"), shown=not out.is_json) as bar:
        bar(0)
        jobs.run_pending()
        jobs.wait(store.open_ids(), seconds=WAIT_SECONDS)
