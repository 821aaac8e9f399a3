"""Programs and people come in by one server and are sent to different rooms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import ask
from xiaohe.api.http import BadEncoding, TooLarge, gunzipped
from xiaohe.kernel.workspace import Workspace


def test_a_path_for_programs_that_nobody_answers_is_an_honest_404(api: Any) -> None:
    answer = api("/v1/nothing")

    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


def test_everything_else_is_the_consoles(place: Workspace) -> None:
    answer = ask("/people")

    assert answer.status == 302
    assert answer.headers["Location"].startswith("/sign-in")


def test_a_packed_body_is_given_up_at_the_limit() -> None:
    import gzip

    bomb = gzip.compress(b"0" * 50_000_000)

    with pytest.raises(TooLarge):
        gunzipped(bomb, 500_000)
    with pytest.raises(BadEncoding):
        gunzipped(gzip.compress(b"cut off")[:-4], 500_000)
    assert gunzipped(gzip.compress(b"whole"), 5) == b"whole"
