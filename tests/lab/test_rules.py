"""The rules for values agree with the rehearsal's lists: each mistake is refused, each right value passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value, errors
from tests.apply.rehearsing import falcot
from tests.lab.test_mistakes import BY_BOTH
from tests.lab.test_rehearsal import RIGHT


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with falcot() as place:
        yield Instance.open(str(place.etc))


def test_each_mistake_is_refused(instance: Instance) -> None:
    wrong = [(name, value) for name, value, _ in BY_BOTH]
    assert [each for each in wrong if not errors(check_value(instance, *each))] == []


def test_each_right_value_passes(instance: Instance) -> None:
    assert [(name, value) for name, value in RIGHT if errors(check_value(instance, name, value))] == []


def test_the_demo_itself_has_no_error_and_no_warning(instance: Instance) -> None:
    found = {
        name: [each for each in check_value(instance, name, value) if each.severity != "advice"]
        for name, value in instance.parameters.values.explicit.items()
    }
    assert {name: said for name, said in found.items() if said} == {}
