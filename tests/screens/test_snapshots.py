"""Every screen as it looks, beside how it looked: what a change alters is read as a diff of these pictures.

MAILTUI_SNAPSHOTS=write pytest tests/screens/test_snapshots.py      # then look at the diff of git
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from mailtui.demo import accounts
from mailtui.demo.place import Place
from tests.screens.aliasing import Console
from tests.screens.exhibit import console, falcot
from tests.screens.picturing import FOLDER, Album

SIZES = ((80, 24), (60, 20), (140, 40))


class Shot(NamedTuple):
    """What is pictured: the keys that lead there from the shot before (`:words` types them), and what stands
    there once all of it is known; `gone` does not any more."""

    name: str
    keys: Sequence[str]
    there: Sequence[str]
    gone: Sequence[str] = ()


SCREENS = (
    Shot(
        "overview",
        "1",
        ("39", "DOWN since before 20:14", "answers 3 ms", "not asked yet", "Findings"),
        ("  –  ",),
    ),
    Shot("domains", "2", ("falcot.org", "virtual-mailbox", "DNS "), ("asking",)),
    Shot("aliases", "3", ("webmaster@falcotsbrand.com", "arrives")),
    Shot("mailboxes", "4", ("jean@falcot.org", "0 messages, 0 B")),
    Shot("restrictions", "5", ("reject_rbl_client", "ends this list")),
    Shot("milters", "6", ("alive", "no socket", "is not there")),
    Shot("auth", "7", ("sophie", "usable", "partly")),
    Shot("log", "8", ("live", "24", "orders@")),
    Shot("queue", "9", ("1 hold", "it is returned in")),
    Shot("parameters", "0", ("2bounce_notice_recipient", "manual")),
)
VIEWS = (
    Shot("queue-groups", ("9", "b"), ("laure@falcot.com", "other hands", "forged")),
    Shot("trace", ("8", "enter"), ("delivered to everyone",)),
    Shot("statistics", ("q", "S"), ("received",), ("counting",)),
    Shot("findings", ("q", "1", "f"), ("warnings", "error    ")),
    Shot("history", ("q", "H"), ("message_size_limit = 20480000", "edit")),
    Shot("settings", ("q", "comma"), ("The screen on which the console opens",)),
    Shot("help", ("q", "3", "question_mark"), ("EVERYWHERE",)),
    Shot("palette", ("q", "ctrl+p"), ("what to do?", "edit")),
    Shot("editor", ("escape", "enter"), ("stage",)),
    Shot("review", ("escape", "d", "w"), ("Rehearsal", "ok"), ()),
    Shot("quit", ("q", "q"), ("not written",)),
    Shot("leave", ("escape", ":leave jean@falcot.com"), ("to choose", "shop@falcotsbrand.com")),
    Shot("migrate", ("q", ":migrate"), ("to lmdb", "becomes lmdb:aliases")),
    Shot("instances", ("q", ":instances"), ("/srv/falcot-mail/etc/postfix", "1 staged")),
    Shot("firstrun", ("q", ":firstrun"), ("What mailtui found", "undo")),
    Shot("explain-asked", ("enter", "5", "x"), ("the session to be explained",)),
    Shot("explain", ("enter",) * 10, ("ANSWER",), ("asking",)),
    Shot("import", ("q", ":import aliases {folder}/new.csv"), ("3 rows", "1 changed")),
)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    if lacking := accounts.missing():
        pytest.skip(f"the pictures show accounts: {lacking} is not installed")
    with falcot() as made:
        yield made


async def shown(up: Console, album: Album, shots: Sequence[Shot], folder: str) -> None:
    """Go to each of them, and compare."""
    for shot in shots:
        for key in shot.keys:
            if len(key) > 1 and key.startswith(":"):
                await up.press("colon")
                await up.type(key[1:].format(folder=folder))
                await up.press("enter")
            else:
                await up.press(key)

        def there(shot: Shot = shot) -> bool:
            return all(word in up.text for word in shot.there) and not any(
                word in up.text for word in shot.gone
            )

        await album.keep(up.app, up.pilot, shot.name, there)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_looks_as_it_did(size: tuple[int, int], place: Place) -> None:
    album = Album(f"{size[0]}x{size[1]}")
    async with console(place, size) as up:
        await shown(up, album, SCREENS, str(place.directory))
        if size == SIZES[0]:
            await shown(up, album, VIEWS, str(place.directory))
    album.finish()


def test_no_picture_shows_what_another_machine_would_not() -> None:
    wanted = {f"{shot.name}-80x24.txt" for shot in (*SCREENS, *VIEWS)}
    wanted |= {f"{shot.name}-{width}x{height}.txt" for shot in SCREENS for width, height in SIZES}
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.txt")}
    assert set(kept) == wanted
    assert not [name for name, text in kept.items() if "/tmp" in text or "mt-" in text]
