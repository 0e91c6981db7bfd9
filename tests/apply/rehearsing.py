"""A configuration to rehearse: Falcot Corp's, in a folder that no rehearsal hides."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailtui.apply.rehearsal.rehearse import rehearse
from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.demo import files
from mailtui.demo.place import Mode, Place
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.services import SetServiceField, SetServiceOption
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import find_service
from mailtui.text.safe import decode


@contextmanager
def falcot(base: str = "/srv") -> Iterator[Place]:
    """Falcot Corp's files, compiled, without a server; a rehearsal hides neither /srv nor what is in it."""
    folder = Path(tempfile.mkdtemp(dir=base, prefix="mt-"))
    try:
        folder.chmod(0o755)
        place = Place(folder / "demo", Mode.REPLAY)
        place.directory.mkdir()
        files.write(place)
        files.compile_tables(place)
        for path in place.etc.iterdir():
            os.utime(path, (time.time() - 60,) * 2)
        yield place
    finally:
        shutil.rmtree(folder)


def parameter(instance: Instance, name: str, value: str | None) -> Edit:
    """Set a parameter, or reset it."""
    found = instance.parameters.definition(name)
    was = decode(found.value) if found is not None else None
    if value is None:
        assert was is not None
        return ResetParameter(instance.main, name, was)
    return SetParameter(instance.main, name, value, was)


def option(instance: Instance, service: str, name: str, value: str) -> Edit:
    row = find_service(instance, service)
    return SetServiceOption(instance.master, row.service, name, value, row.values.get(name))


def column(instance: Instance, service: str, field: str, value: str) -> Edit:
    row = find_service(instance, service)
    return SetServiceField(instance.master, row.service, field, value, getattr(row, field))


def rehearsed(instance: Instance, *edits: Edit) -> Rehearsal:
    candidate = Candidate(instance.files, edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return rehearse(instance, instance.over(candidate))


class Listener:
    """Something live that a rehearsal must not reach: it counts who connects."""

    def __init__(self, path: str | None = None) -> None:
        self.reached = 0
        self._socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._socket.bind(path or ("127.0.0.1", 0))
        self._socket.listen(8)
        self.port = 0 if path else int(self._socket.getsockname()[1])
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        try:
            while True:
                connection, _ = self._socket.accept()
                self.reached += 1
                connection.close()
        except OSError:
            return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def state_of(*folders: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, time of change and size of everything below some folders."""
    found = {}
    for folder in folders:
        for root, folders_in, names in os.walk(folder):
            for name in (".", *folders_in, *names):
                status = os.lstat(os.path.join(root, name))
                found[os.path.join(root, name)] = (status.st_ino, status.st_ctime_ns, status.st_size)
    return found
