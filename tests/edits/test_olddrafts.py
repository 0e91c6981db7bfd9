"""Drafts that were saved before load, and say what they said: one edit of each kind as a file holds it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mailtui.edits.kinds import NAMES, kind_of
from mailtui.edits.store import from_json, to_json

LINES = [json.loads(line) for line in Path(__file__).with_name("old_drafts.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["edit"]["edit"]))
def test_an_edit_of_a_saved_draft(line: dict[str, object]) -> None:
    edit = from_json(line["edit"])
    assert (json.loads(json.dumps(to_json(edit))), edit.describe()) == (line["edit"], line["says"])
    assert from_json(json.loads(json.dumps(to_json(edit.inverse())))) == edit.inverse()
    assert not hasattr(edit, "__dict__")
    assert hash(edit) == hash(dataclasses.replace(edit))


def test_every_kind_that_was_saved_is_known() -> None:
    names = {line["edit"]["edit"] for line in LINES}
    assert len(names) == len(LINES) > 50
    assert names <= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_kind_is_where_it_is_said_to_be(name: str) -> None:
    assert kind_of(name).kind == name
