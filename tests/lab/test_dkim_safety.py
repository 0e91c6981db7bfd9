"""Which key files opendkim takes for safe, and can read: judged here, and by the real one, over random
paths."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import keys
from mailtui.postfix.files import Files
from tests.lab.opendkims import private_key, running
from tests.laws.whole import sample, tally

USER = "opendkim"
TRIED = 25
"""Paths for each opendkim that is started."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is not below /tmp, which everybody may write."""
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/var/lib"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _some(dice: random.Random, path: Path, modes: list[int]) -> None:
    path.chmod(dice.choice(modes))
    user = dice.choice(["root", "root", USER, USER, "daemon"])
    group = dice.choice(["root", USER, "daemon", "shadow"])
    shutil.chown(path, user, group)


def _paths(dice: random.Random, place: Path) -> list[Path]:
    made = []
    for number in range(TRIED):
        top = place / f"n{number}"
        (top / "deep").mkdir(parents=True)
        key = Path(shutil.copy(place / "key.pem", top / "deep" / "key.pem"))
        _some(dice, key, [0o600, 0o600, 0o640, 0o644, 0o660, 0o604, 0o400, 0o440, 0o200])
        _some(dice, top / "deep", [0o700, 0o755, 0o750, 0o770, 0o775, 0o777, 0o711, 0o1777])
        _some(dice, top, [0o700, 0o755, 0o755, 0o750, 0o775, 0o1777])
        if dice.random() < 0.2:
            (place / f"link{number}").symlink_to(top / "deep" / "key.pem")
            key = place / f"link{number}"
        made.append(key)
    return made


@pytest.mark.law
@pytest.mark.parametrize("seed", sample(range(40), 3, "dkim safety"))
def test_a_key_is_used_where_we_say_so(seed: int, place: Path) -> None:
    private_key(place / "key.pem")
    dice = random.Random(seed)
    paths = _paths(dice, place)
    (place / "KeyTable").write_text("".join(f"k{n} d{n}.example:s:{path}\n" for n, path in enumerate(paths)))
    (place / "SigningTable").write_text("".join(f"*@d{n}.example k{n}\n" for n in range(TRIED)))
    settings = {
        "KeyTable": f"{place}/KeyTable", "SigningTable": f"refile:{place}/SigningTable", "UserID": USER,
        "RequireSafeKeys": dice.choice(["yes", "yes", "no"]),
    }  # fmt: skip
    socket = place / "run"
    socket.mkdir()
    os.chown(socket, pwd.getpwnam(USER).pw_uid, -1)
    with running(place, {**settings, "Socket": f"local:{socket}/s"}, socket / "s") as program:
        config = DkimConfig.read(str(program.config), Files())
        rows = {row.domain: row for row in keys(config)}
        wrong = []
        for number, path in enumerate(paths):
            row = rows[f"d{number}.example"]
            ours = not any(each.stops for each in row.problems)
            theirs = bool(program.ask(f"x@d{number}.example").signatures())
            if ours != theirs:
                nodes = [(node.path, node.mode_words, node.owner) for node in row.nodes]
                wrong.append(
                    f"{path}: opendkim {theirs}, mailtui {ours}: {[p.words for p in row.problems]} {nodes}"
                )
    assert not wrong, "\n".join(wrong)
    tally("keys that opendkim takes for safe", paths=TRIED)
