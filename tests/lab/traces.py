"""What `mailtui log` says of a lab's log, as the command's JSON."""

from __future__ import annotations

import json
from typing import Any

from mailtui.demo.lab import Lab


def trace(lab: Lab, queue_id: str | None = None, *files: str) -> list[dict[str, Any]]:
    """The events of one message, or with None those of all lines."""
    if queue_id is None:
        done = lab.mailtui("log", "--json", *files)
        assert done.ok, done.words
        return [json.loads(line) for line in done.out.decode().splitlines()]
    done = lab.mailtui("log", "--json", "--trace", queue_id, *files)
    assert done.ok, done.words
    return [step["record"] for step in json.loads(done.out)["steps"]]
