"""python -m tests.laws.several JSON: several `mailtui` commands in one process, what each answered as JSON."""

from __future__ import annotations

import io
import json
import sys

from mailtui.__main__ import main


def _answer(arguments: list[str]) -> dict[str, object]:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape") for _ in range(2)]
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = streams
    try:
        code = main(arguments)
    finally:
        sys.stdout, sys.stderr = kept
    for stream in streams:
        stream.seek(0)
    return {"code": code, "out": streams[0].read(), "err": streams[1].read()}


if __name__ == "__main__":
    print(json.dumps([_answer(arguments) for arguments in json.loads(sys.argv[1])]))
