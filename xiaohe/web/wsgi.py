"""The door for a WSGI server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")

application = get_wsgi_application()

# What is loaded for good is taken out of the collector's rounds: they cost a search up to 150 ms. The engine comes
# first, it is most of it and the first page needs it anyway.
from xiaohe.ledger import engine  # noqa: E402

assert engine.FACTS is not None
gc.collect()
gc.freeze()
