"""Real files of other people, read where they are; nothing of them is part of the project."""

from __future__ import annotations

import os
import random
from pathlib import Path


def corpus_root() -> Path | None:
    """The folder of real configuration files and logs: `MAILTUI_CORPUS`, else `../shared/corpus` beside the
    checkout; None where there is none."""
    named = os.environ.get("MAILTUI_CORPUS")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return root if root.is_dir() else None


def corpus_files(kind: str, limit: int | None = None) -> list[Path]:
    """The real files of a kind (`tables`, `aliases`, `main.cf`, …); a sample, the same every time, if `limit`."""
    root = corpus_root()
    folder = root / "config" / kind if root else None
    files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
    if limit is None or limit >= len(files):
        return files
    return sorted(random.Random(kind).sample(files, limit))
