"""A TOML file of the admin's, changed in place: comments and layout stay, and two who write it take turns.

with changing(path) as document:        # a tomlkit document; written back where it differs
    document["log"] = "journal"
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from typing import Any


class FileProblem(Exception):
    """The file cannot be read or written; the text says why, without the path."""


@contextlib.contextmanager
def changing(path: str, mode: int = 0o600) -> Iterator[Any]:
    """The file's document, empty where there is no file, under the lock of its folder; written when the block
    ends without an exception, a new file with `mode`. Raises FileProblem."""
    import tomlkit

    real = os.path.realpath(path)
    with _locked(os.path.dirname(real)):
        before = _read(real)
        mark = "\ufeff" * before.startswith("\ufeff")  # an editor's; TOML's readers know none
        document = _parsed(before.removeprefix(mark))
        yield document
        after = mark + tomlkit.dumps(document)
        if after != before:
            _write(real, after, mode)


def append(document: Any, name: str, entry: Mapping[str, str]) -> None:
    """Put a further `[[name]]` into the document, behind the others, an empty line before it."""
    import tomlkit

    text = tomlkit.dumps(document)
    if not isinstance(document.get(name), list):
        document[name] = tomlkit.aot()
    tables = document[name]
    if isinstance(tables, tomlkit.items.Array):
        made: Any = tomlkit.inline_table()
    else:
        made = tomlkit.table()
        if text.strip() and not text.endswith("\n\n"):
            made.trivia.indent = "\n"
    made.update(entry)
    tables.append(made)


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Whoever changes a file of the folder through here is alone with it. The lock leaves nothing behind."""
    try:
        os.makedirs(folder, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise FileProblem(f"cannot be written: {error.strerror or error}") from None
    try:
        with contextlib.suppress(OSError):  # a file system without locks: as before there were any
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: str) -> str:
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileProblem("cannot be read: it is not a plain file")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parsed(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise FileProblem(f"cannot be read: {error}") from None


def _write(path: str, text: str, mode: int) -> None:
    """Write the file anew beside itself; its mode and owner stay."""
    import tempfile

    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise FileProblem("cannot be written: it would hold bytes that are not UTF-8") from None
    try:
        was = os.stat(path) if os.path.exists(path) else None
        with tempfile.NamedTemporaryFile(
            dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}-", delete=False
        ) as file:
            try:
                file.write(raw)
                file.flush()
                os.fchmod(file.fileno(), was.st_mode & 0o777 if was is not None else mode)
                if was is not None and (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), was.st_uid, was.st_gid)
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise FileProblem(f"cannot be written: {error.strerror or error}") from None
