"""What serves for weeks holds no library that it never asks."""

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
import pandas

assert pandas.DataFrame({"a": [1]}).shape == (1, 1), "who wants pandas gets it"
"""


def test_arrow_does_not_bring_pandas_into_a_process_that_serves() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=folders.ROOT
    )
    assert done.returncode == 0, done.stderr
