"""The catalogue: every type is complete, every property is listed."""

from __future__ import annotations

import pytest

from xiaohe.ledger import catalogue
from xiaohe.ledger.catalogue import FactType


@pytest.mark.parametrize("each", catalogue.TYPES.values(), ids=lambda each: each.name)
def test_a_type_is_complete(each: FactType) -> None:
    assert each.en
    assert each.doc.endswith(".")
    assert any("一" <= sign <= "鿿" for sign in each.zh)
    assert all(name.isidentifier() and meaning for name, meaning in each.props.items())
    assert "|" not in each.doc


def test_names_are_unique_and_there_is_one_file_per_area() -> None:
    names = [each.name for types in catalogue.AREAS.values() for each in types]
    assert len(names) == len(set(names)) == len(catalogue.TYPES)
    assert all(types for types in catalogue.AREAS.values())


def test_properties_outside_the_list_are_refused_without_telling_their_values() -> None:
    with pytest.raises(catalogue.UnknownProps) as refused:
        catalogue.checked_json("order.item", {"title": "tea", "phone": "13800138000"})

    assert "phone" in str(refused.value)
    assert "13800138000" not in str(refused.value) + repr(refused.value.data)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(catalogue.UnknownFactType):
        catalogue.fact_type("order.eaten")


def test_properties_have_one_spelling() -> None:
    given = {"sku": "红", "title": "茶"}
    spelled = catalogue.checked_json("order.item", given)
    assert spelled == '{"sku":"红","title":"茶"}'
    assert catalogue.checked_json("order.item", {}) is None


def test_a_custom_type_needs_no_entry_and_lists_the_same_properties_as_all_of_them() -> None:
    custom = catalogue.fact_type("custom:Quiz Finished")

    assert (custom.name, custom.en) == ("custom:Quiz Finished", "Quiz Finished")
    assert catalogue.checked_json(custom.name, {"properties": {"score": 7}}) is not None
    for name in ("custom:", "custom: x", "custom:" + "x" * 65):
        with pytest.raises(catalogue.UnknownFactType):
            catalogue.fact_type(name)
