"""`xiaohe people questions` and `xiaohe people answer`: the same questions without a page."""

from datetime import UTC, datetime

from xiaohe.people import overlay
from xiaohe.simulator import whose
from xiaohe.sources import importing

NOW = datetime(2025, 6, 12, 4, tzinfo=UTC)


def test_questions_are_asked_and_answered_by_id(xiaohe, tmp_path):
    for file in whose.truth(11, 400).write(tmp_path):
        importing.run(file, now=NOW)
    asked = xiaohe("people", "questions", "--json").json["questions"]
    assert 1 <= len(asked) <= 5
    first = asked[0]
    assert 0 < first["chance"] < 1
    done = xiaohe("people", "answer", first["id"], "yes", "--json")
    assert done.code == 0
    current = overlay.current()
    assert current.person(first["contact"]["person"]) == current.person(first["buyer"]["person"])
    again = [each["id"] for each in xiaohe("people", "questions", "--json").json["questions"]]
    assert first["id"] not in again
    assert first["contact"]["name"] in xiaohe("people", "questions").out or again


def test_an_unknown_id_is_not_found(xiaohe):
    assert xiaohe("people", "answer", "1f", "no").code == 3
    assert xiaohe("people", "questions").out.strip() == "Nothing to ask right now."
