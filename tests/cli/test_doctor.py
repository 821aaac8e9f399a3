"""`xiaohe doctor`."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import Answer
from xiaohe.kernel import store
from xiaohe.kernel.workspace import Workspace

Xiaohe = Callable[..., Answer]


def marks(answer: Answer) -> dict[str, str]:
    return {each["about"]: each["mark"] for each in answer.json["findings"]}


def test_a_fresh_folder_is_in_order(xiaohe: Xiaohe, place: Workspace) -> None:
    place.secret("hash")

    answer = xiaohe("doctor", "--json")

    assert answer.code == 0
    assert set(marks(answer).values()) == {"good"}


def test_a_folder_others_can_read_is_found(xiaohe: Xiaohe, place: Workspace) -> None:
    place.secret("hash")
    place.home.chmod(0o755)

    answer = xiaohe("doctor")

    assert answer.code == 1
    assert f"✗ Others on this machine can look into {place.home}." in answer.out


def test_a_lost_key_file_is_found(xiaohe: Xiaohe, place: Workspace) -> None:
    assert marks(xiaohe("doctor", "--json"))["keys"] == "bad"


def test_a_store_of_a_newer_version_is_found(xiaohe: Xiaohe, place: Workspace) -> None:
    store.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('jobs', '9999_later', '2030-01-01')"
    )

    assert marks(xiaohe("doctor", "--json"))["store"] == "bad"


def test_a_missing_folder_is_no_harm(xiaohe: Xiaohe, place: Workspace, tmp_path: object) -> None:
    answer = xiaohe("doctor", "--json", "--home", f"{tmp_path}/elsewhere")

    assert answer.code == 0
    assert marks(answer)["folder"] == "warn"
