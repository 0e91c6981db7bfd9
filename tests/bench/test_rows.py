"""The table says truly whether a goal is met."""

from __future__ import annotations

import pytest

from tests.bench.rows import NAN, Goal, Row, printed, turns
from tests.bench.run import arguments


@pytest.mark.parametrize(
    ("row", "ratio", "met"),
    [
        (Row("a", 30, goal=Goal(30)), None, True),
        (Row("a", 30.1, goal=Goal(30)), None, False),
        (Row("a", 28, floor=20, goal=Goal(1.4, "floor")), 1.4, True),
        (Row("a", 29, floor=20, peer=100, goal=Goal(1.4, "floor")), 1.45, False),
        (Row("a", 29, floor=20, goal=Goal(1.4, "floor", plus=1)), 1.45, True),
        (Row("a", 50, floor=20, peer=100, goal=Goal(0.6, "peer")), 0.5, True),
        (Row("a", 50, peer=None, goal=Goal(0.6, "peer")), None, None),
        (Row("a", 50, peer=100), 0.5, None),
        (Row("a", NAN, goal=Goal(30)), None, False),
    ],
)
def test_goals(row: Row, ratio: float | None, met: bool | None) -> None:
    assert row.met is met
    assert row.ratio == (None if ratio is None else pytest.approx(ratio))
    assert ("NOT MET" in printed([row])) is (met is False)


def test_measures_take_turns_after_a_round_that_does_not_count() -> None:
    taken: list[str] = []

    def measure(name: str) -> float:
        taken.append(name)
        return len(taken)

    assert turns(3, lambda: measure("a"), lambda: measure("b")) == [5, 6]
    assert "".join(taken) == "abababab"


def test_arguments_are_a_number_of_runs_and_groups() -> None:
    assert arguments(["3", "start"]) == (3, ["start"])
    assert arguments([])[1][0] == "start"
    with pytest.raises(SystemExit, match="groups are"):
        arguments(["nonsense"])
