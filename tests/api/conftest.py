"""A caller of the doors for programs, without a server: a WSGI call in this process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import ask
from xiaohe.kernel.workspace import Workspace


@pytest.fixture
def api(any_place: Workspace) -> Any:
    return ask
