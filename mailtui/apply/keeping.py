"""What a console leaves in the state folder besides the history: its draft for next time, and word to the
other consoles on the instance that it is there."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from mailtui.apply.actor import now, owner_of
from mailtui.apply.state import of_instance

if TYPE_CHECKING:
    from mailtui.edits.draft import Group
    from mailtui.edits.store import SavedDraft
    from mailtui.postfix.instance import Instance


def _file_name(who: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", who) or "nobody"


def write_private(path: str, raw: bytes) -> None:
    """Write a file of mode 0600 whole, by rename. Raises OSError with what to do; nothing is left behind."""
    temporary = f"{path}.new"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(raw)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise OSError(
            f"{path}: cannot be written: {error.strerror}; make room or correct its rights, or name another"
            " folder in MAILTUI_STATE_DIR"
        ) from error


class DraftKeeper:
    """One person's draft of one instance, kept between two consoles."""

    def __init__(self, instance: Instance, who: str) -> None:
        self._instance, self._who = instance, who

    def _path(self, *, make: bool) -> str:
        return os.path.join(of_instance(self._instance, make=make), f"draft-{_file_name(self._who)}.json")

    def load(self) -> SavedDraft | None:
        """The kept draft, None where there is none. Raises BadDraft where the file is damaged, StateError,
        OSError."""
        try:
            with open(self._path(make=False), "rb") as stream:
                raw = stream.read()
        except FileNotFoundError:
            return None
        from mailtui.edits import store

        return store.loads(raw)

    def keep(self, groups: Sequence[Group]) -> None:
        """Store the groups, or remove the stored draft where there are none. Raises StateError, OSError."""
        path = self._path(make=bool(groups))
        if groups:
            from mailtui.edits import store

            raw = store.dumps(
                groups,
                config_dir=self._instance.config_dir,
                hostname=self._instance.hostname,
                who=self._who,
                time=now(),
            )
            write_private(path, raw)
        elif os.path.exists(path):
            os.unlink(path)


class Neighbour(NamedTuple):
    """Another console on the same instance."""

    who: str
    staged: int

    def words(self) -> str:
        return f"{self.who}, {self.staged} staged" if self.staged else self.who


class Presence:
    """This console's card in the state folder, and the cards of the others. Failing to write one only
    means not to be seen: looking at a server must work without a state folder."""

    def __init__(self, instance: Instance, who: str) -> None:
        self._instance, self._who = instance, who
        self._said: tuple[int, str] | None = None
        self._lock = Lock()  # the end may come while a thread is about to write the card
        self._left = False
        self._owner = owner_of(os.getpid())

    def _folder(self) -> str | None:
        from mailtui.apply.state import StateError

        try:
            return of_instance(self._instance, make=True)
        except StateError:
            return None

    def tell(self, staged: int) -> None:
        """Say how many edits are staged here; quick where nothing changed."""
        where = self._folder()
        if where is None or self._said == (staged, where):
            return
        card = {"who": self._who, "staged": staged, "owner": self._owner}
        with self._lock:
            if self._left:
                return
            try:
                write_private(self._card(where), json.dumps(card).encode())
            except OSError:
                return
            self._said = (staged, where)

    def _card(self, where: str) -> str:
        return os.path.join(where, f"console-{os.getpid()}.json")

    def leave(self) -> None:
        """Take the card away; no other is written."""
        with self._lock:
            self._left = True
            if self._said is None:
                return
            try:
                os.unlink(self._card(self._said[1]))
            except OSError:
                return

    def others(self) -> list[Neighbour]:
        """The other consoles that are alive; cards of dead ones are cleared away."""
        where = self._folder()
        if where is None:
            return []
        found: list[Neighbour] = []
        for name in sorted(os.listdir(where)):
            if not name.startswith("console-") or not name.endswith(".json"):
                continue
            path = os.path.join(where, name)
            if path == self._card(where):
                continue
            neighbour = _read_card(path)
            if neighbour is not None:
                found.append(neighbour)
        return found


def _read_card(path: str) -> Neighbour | None:
    try:
        with open(path, "rb") as stream:
            card = json.loads(stream.read(4096))
        pid = int(str(card["owner"]).split(" ", 1)[0])
        if owner_of(pid) == card["owner"]:
            return Neighbour(str(card["who"]), int(card["staged"]))
        os.unlink(path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None
