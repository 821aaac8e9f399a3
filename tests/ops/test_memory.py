"""Our processes hold no library that they never ask."""

from __future__ import annotations

import subprocess
import sys

from tests.ops import folders

PROGRAM = """
import sys
from xiaohe.kernel import memory

memory.without_frames()
import pyarrow as pa

pa.table({"a": [1, 2]}).to_pylist()
assert "pandas" not in sys.modules, "Arrow looked for pandas"
import pyspark

assert pa.table({"a": [1, 2]}).to_pandas().shape == (2, 1), "the driver of a cluster gets it"
"""


def test_arrow_does_not_bring_pandas_into_our_processes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=folders.ROOT
    )
    assert done.returncode == 0, done.stderr
