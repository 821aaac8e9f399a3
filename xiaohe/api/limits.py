"""How many requests this process works on at once. The server starts that many threads only when they are needed.

16 threads = 4 bodies of programs + 4 waiting for their turn + 2 uploads + 4 claims + 2 that are always left for pages
"""

from __future__ import annotations

import os

THREADS = 16
# Times the 500 KB a body may weigh, packed and unpacked: the most memory the stream door can ask for. More at once
# would not be faster: each thread that works keeps a connection with a page cache of 16 MB.
BODIES = 4
BODIES_WAITING = 4
# Requests the server takes in before the rest must wait outside; their bodies stay in the network until then.
BACKPRESSURE = 128
# A connection that has not told its headers by then, or is idle for so long, is closed: it holds one of BACKPRESSURE places.
HEADER_MILLISECONDS = 5_000
# A request in flight may end within this time after we were told to stop; less than `up` waits for us.
GRACE_SECONDS = int(os.environ.get("XIAOHE_GRACE_SECONDS", "20"))
