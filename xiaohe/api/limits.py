"""How many requests this process works on at once. The server starts that many threads only when they are needed.

12 threads = 6 bodies of programs + 2 waiting for their turn + 2 uploads + 2 that are always left for pages
"""

from __future__ import annotations

import os

THREADS = 12
# Times the 500 KB a body may weigh, packed and unpacked: the most memory the stream door can ask for.
BODIES = 6
BODIES_WAITING = 2
# Requests the server takes in before the rest must wait outside; their bodies stay in the network until then.
BACKPRESSURE = 128
# A request in flight may end within this time after we were told to stop; less than `up` waits for us.
GRACE_SECONDS = int(os.environ.get("XIAOHE_GRACE_SECONDS", "20"))
