"""What mailtui remembers of keys between two looks: those it made, what DNS said, when one began to sign or
ceased to. A small JSON file in the instance's state folder; what the configuration says always counts
more."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mailtui.milters.dkim.publication import Publication

FILE = "dkim.json"
_VERSION = 1


class StoreError(Exception):
    """The memory cannot be read or written. The text says which file, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of one key. Times in seconds since 1970, 0 where that has not been. `key_file`,
    `kind`, `bits` and `public` as it was; `seen`: what DNS said last."""

    domain: str
    selector: str
    key_file: str = ""
    name: str = ""
    kind: str = ""
    bits: int = 0
    public: str = ""
    made: float = 0.0
    published: float = 0.0
    active: float = 0.0
    retiring: float = 0.0
    retired: float = 0.0
    seen: Publication | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.domain, self.selector


@dataclass(frozen=True)
class Memory:
    """All of them."""

    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)

    def get(self, key: tuple[str, str]) -> Kept | None:
        return self.kept.get(key)

    def with_(self, *changed: Kept) -> Memory:
        """This memory with some entries new or changed."""
        return Memory({**self.kept, **{each.key: each for each in changed}})

    def without(self, key: tuple[str, str]) -> Memory:
        return Memory({name: each for name, each in self.kept.items() if name != key})

    def noted(self, seen: dict[tuple[str, str], Publication]) -> Memory:
        """With what DNS says now, of the keys that are remembered."""
        changed = []
        for key, publication in seen.items():
            kept = self.kept.get(key)
            if kept is not None:
                since = kept.published or publication.when
                published = since if publication.state == "yes" else 0.0
                changed.append(replace(kept, seen=publication, published=published))
        return self.with_(*changed)


def load(folder: str) -> Memory:
    """What is remembered in this state folder; nothing where there is none yet. Raises StoreError."""
    path = os.path.join(folder, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return Memory()
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read: {error}; move it away, mailtui makes another") from None
    try:
        if data["version"] != _VERSION:
            raise ValueError(f"version {data['version']!r}")
        kept = [_kept(each) for each in data["keys"]]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path}: is no memory of keys: {error}; move it away, mailtui makes another"
        ) from None
    return Memory({each.key: each for each in kept})


def _kept(data: dict[str, Any]) -> Kept:
    seen = data.pop("seen", None)
    return Kept(**data, seen=Publication.from_json(seen) if seen else None)


def _written(kept: Kept) -> dict[str, Any]:
    fields = asdict(replace(kept, seen=None))
    return {**fields, "seen": kept.seen.as_json() if kept.seen is not None else None}


def save(folder: str, memory: Memory) -> None:
    """Write it whole, by rename. Raises StoreError."""
    path = os.path.join(folder, FILE)
    data = {"version": _VERSION, "keys": [_written(each) for each in memory.kept.values()]}
    try:
        handle = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
            file.flush()
            os.fsync(handle)
        os.replace(f"{path}.new", path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}; check the folder") from None


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Nobody else changes the memory meanwhile. Raises StoreError."""
    try:
        handle = os.open(os.path.join(folder, f"{FILE}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written: {error.strerror or error}; check the folder"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
