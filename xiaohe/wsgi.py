"""The door for a WSGI server: paths for programs to `api`, everything else to the console.

the public host, whoever asks too much     ──► web.public, from memory
/v1/…  /hooks/…  and what api.routes names ──► api, without Django's middleware
everything else                            ──► Django

Around both stands api.observed: request ids, the gate for bodies, log lines and numbers.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")

from django.core.wsgi import get_wsgi_application

console = get_wsgi_application()

# What is loaded for good is taken out of the collector's rounds: they cost a search up to 150 ms. The engine comes
# first, it is most of it and the first page needs it anyway.
from xiaohe.api import answering, observed, operations, routes  # noqa: E402
from xiaohe.kernel import logs, memory  # noqa: E402
from xiaohe.ledger import engine, subscriptions  # noqa: E402
from xiaohe.web import public  # noqa: E402

assert engine.FACTS is not None
# In a server's own process, not in whoever imports this module.
if "granian" in sys.modules:
    memory.without_frames()
# Before there are threads: two that import the same rooms at once may each find the other's half made.
subscriptions.discover()
gc.collect()
gc.freeze()


def _sent(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    early = public.answered_early(environ, start_response)
    if early is not None:
        return early
    handler = routes.find(environ["PATH_INFO"])
    if handler is None:
        answered: Iterable[bytes] = console(environ, start_response)
        return answered
    return answering.answer(handler, environ, start_response)


# Between two statements of a transaction the interpreter goes to another thread; at the usual 5 ms a busy one keeps it
# so long that whoever holds the write lock waits for all the others, statement by statement.
sys.setswitchinterval(0.0005)
logs.never_quote_errors()
operations.register()
application = observed.observed(_sent)
