"""Chosen numbers are a list of numbers."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.text.chosen import Chosen, Marked

pieces = st.lists(st.one_of(st.none(), st.lists(st.booleans(), max_size=9)), max_size=12)


def _made(parts: list[list[bool] | None]) -> tuple[Chosen, list[int], list[tuple[Chosen, list[int]]]]:
    """Numbers one by one (None) or many together; and what there was after each of them."""
    chosen, at = Chosen(), 3
    numbers: list[int] = []
    before: list[tuple[Chosen, list[int]]] = []
    for part in parts:
        before.append((chosen.so_far(), list(numbers)))
        if part is None:
            chosen.append(at)
            numbers.append(at)
            at += 2
        else:
            marked = Marked(at, bytes(part))
            assert list(marked) == [at + place for place, held in enumerate(part) if held]
            assert len(marked) == sum(part)
            chosen.mark(marked)
            numbers.extend(marked)
            at += len(part)
    return chosen, numbers, before


@given(pieces)
def test_they_are_the_numbers_that_were_put_in(parts: list[list[bool] | None]) -> None:
    chosen, numbers, before = _made(parts)
    for found, expected in [*before, (chosen, numbers)]:
        assert list(found) == expected
        assert len(found) == len(expected)
        assert list(found[:]) == expected
        assert list(found[1:-1:2]) == expected[1:-1:2]
        assert [found[place] for place in range(len(expected))] == expected
        assert [found[-1 - place] for place in range(len(expected))] == expected[::-1]
        for number in range((expected or [0])[-1] + 4):
            place = bisect_left(expected, number)
            there = place < len(expected) and expected[place] == number
            assert found.place_of(number) == (place if there else None)
            assert (number in found) is there
        for place in (len(expected), -1 - len(expected)):
            with pytest.raises(IndexError):
                found[place]


def test_they_can_be_made_of_numbers() -> None:
    assert list(Chosen([1, 4, 9])) == [1, 4, 9]
