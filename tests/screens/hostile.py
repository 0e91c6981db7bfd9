"""Text that would steer a terminal, and a console that is watched for every byte of it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from textual import events
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot

from mailtui.apply.history import Entry
from mailtui.edits.draft import Draft
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from mailtui.maillog.source import Source
from mailtui.postfix.instance import Instance
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import guarded, text
from mailtui.screens.parts.session import Session, Status
from mailtui.screens.parts.terminal import Plan
from mailtui.text.safe import decode
from tests.postfix.conftest import completed, put, run
from tests.screens.conftest import screen_of
from tests.screens.realconsole import unknown

PIECES = (
    b"\x1b[2J", b"\x1b]0;PWNED\x07", b"\x1b]52;c;UFdORUQ=\x07", b"\x1bc", b"\x1b[?1049l", b"\x1b[31m", b"\x1b",
    b"\x1bP+q544e\x1b\\", b"\xc2\x9b31m", b"\x9b31m", b"\xc2\x9d0;PWNED\xc2\x9c", b"\x00", b"\x07", b"\x08\x08",
    b"\r", b"\t", b"\x0b\x0c", b"\x0e\x0f", b"\x7f", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xe2\x80\x8b",
    b"\xe2\x80\x8d", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xef\xb8\x8f", b"\xf3\xa0\x80\xa0", b"\xcc\x81" * 9,
    b"\xff\xfe", b"\xed\xa0\x80", b"\xe9", b"[bold]", b"[/foo]", b"[@click=app.quit]x[/]", b"[/", b"[red]x",
    b"\\[x]", b"[[", b"{0}", b"%s", b"$(id)", b"`id`", b"'\"", b"&lt;", b"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
    b"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", "日本語".encode(), "ﷺ".encode(), b"a" * 300, b", ", b":", b"#", b"@", b" ",
    b"=", b"x.test", b"user", b"|cmd", b"/dev/null", b":include:/x",
)  # fmt: skip
"""What lines are made of. No line end."""

lines = st.lists(
    st.sampled_from(PIECES) | st.binary(max_size=6).map(lambda raw: raw.replace(b"\n", b"")), max_size=8
).map(b"".join)
"""A line of a file that anybody may have written."""

MAIN = """\
recipient_delimiter = +
myorigin = falcot.com
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = hash:{folder}/virtual
alias_maps = hash:{folder}/aliases
alias_database = hash:{folder}/aliases
"""


@dataclass(frozen=True)
class World:
    """What a console finds: lines of each file, words of each origin."""

    virtual: list[bytes]
    aliases: list[bytes]
    main: list[bytes]
    master: list[bytes]
    log: list[bytes]
    words: list[bytes]

    @property
    def text(self) -> str:
        """All words as one text, as the screens get them."""
        return decode(b" ".join(self.words))


some = st.lists(lines, min_size=1, max_size=5)
worlds = st.builds(World, some, some, some, some, some, some)


@contextmanager
def folder_of(world: World) -> Iterator[Path]:
    """A configuration folder (and its `mail.log`) that holds these lines among harmless ones."""
    root = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    try:
        etc = root / "etc"
        spoilt = b"".join(
            b"# " + line + b"\nhostile_%d = " % n + line + b"\n" for n, line in enumerate(world.main)
        )
        put(etc / "main.cf", completed(MAIN.format(folder=etc)).encode() + spoilt.replace(b"\0", b""))
        put(etc / "master.cf", b"".join(b"# " + line + b"\n" for line in world.master))
        virtual = [b"first@falcotsbrand.com jean@falcot.com"]
        for number, line in enumerate(world.virtual):
            virtual += [line, b"k%d@falcotsbrand.com  " % number + line, b"#" + line + b" off@falcot.com"]
        put(etc / "virtual", b"\n".join(virtual) + b"\n")
        aliases = [line + b": jean" for line in world.aliases] + [
            b"a%d: " % n + line for n, line in enumerate(world.aliases)
        ]
        put(etc / "aliases", b"\n".join([b"root: jean", *aliases]) + b"\n")
        run(
            "postmap", "-c", str(etc), f"hash:{etc}/virtual"
        )  # it may refuse: then the table is shown all the same
        logged = [b"Jan  1 13:22:20 mx postfix/smtpd[1]: 3FCA722E68E: client=" + line for line in world.log]
        logged += [
            b"Jan  1 13:22:21 " + line + b" postfix/" + line + b"[1]: to=<" + line + b">, status=sent (x)"
            for line in world.log
        ]
        put(
            root / "mail.log",
            b"\n".join([*logged, *world.log, b"Jan  1 13:22:22 mx postfix/qmgr[2]: warning: last", b""]),
        )
        yield root
    finally:
        shutil.rmtree(root)


@dataclass
class Watched:
    """A console and everything that it painted."""

    app: MailtuiApp
    pilot: Pilot[int]
    raw: bytearray = field(default_factory=bytearray)

    @property
    def shown(self) -> str:
        """The screen."""
        return screen_of(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, and look at what was painted."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        self.check()

    async def typed(self, *keys: str) -> None:
        """Type keys at a person's pace, whether or not threads are at work: Pilot would wait for those."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(0.15)

    async def until(self, there: str, seconds: float = 30) -> None:
        """Wait for a text on the screen."""
        end = time.monotonic() + seconds
        while there not in self.shown:
            assert time.monotonic() < end, f"{there!r} never came:\n{self.shown}"
            await self.pilot.pause()
            await asyncio.sleep(0.01)
        self.check()

    def check(self) -> None:
        """Nothing that was painted steers the terminal, and nothing can be clicked that runs something."""
        steering = unknown(bytes(self.raw))
        assert not steering, steering
        self.raw.clear()
        for strip in self.app.screen._compositor.render_strips():
            for segment in strip:
                assert not segment.control
                style = segment.style
                assert style is None or (style.link is None and "@click" not in style.meta), segment
        if (failed := self.app._exception) is not None:
            raise failed
        assert self.app.is_running


@asynccontextmanager
async def watched(root: Path, world: World, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Watched]:
    """The console over the folder, with hostile words from everywhere else: host, people, draft, history."""
    words, etc = world.text, root / "etc"
    target = Target("table", str(etc / "virtual"), "hash")
    draft = Draft()
    draft.stage(
        SetEntry(target, f"new{words[:40]}@falcotsbrand.com", (words[:99] or "x",), None), label=words[:200]
    )
    status = Status(running=True, host=words[:30], problem="", others=(words[:20],))
    session = Session(
        Instance.open(str(etc)), draft, who=words[:20], look=lambda: status,
        find_log=lambda: Source("file", str(root / "mail.log")), notes=(words,), kept="2026-01-01T00:00:00",
    )  # fmt: skip
    entries = [
        Entry(
            n,
            "2026-01-01T00:00:00+00:00",
            words[:30],
            state,
            (words, "x"),
            (words[:50],),
            words,
            f"--- a\n+++ {words}\n+{words}\n",
            n == 2,
        )
        for n, state in enumerate(("applied", "applying", "undone", words[:9]), 1)
    ]
    app = MailtuiApp(session, Plan(), "aliases")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        patch.setenv("MAILTUI_STATE_DIR", str(root / "state"))
        patch.setattr("mailtui.apply.state.ROOT_LOCKS", str(root / "locks"))
        patch.setattr("mailtui.screens.history.History", _Told(entries, words))
        patch.setattr(guarded, "GUARD", 0.0)
        patch.setattr(guarded, "BY_HAND", 0.0)
        try:
            async with app.run_test(size=size) as pilot:
                up = Watched(app, pilot)
                _keep_what_is_sent(app, up.raw, patch)
                yield up
                up.check()
        finally:
            text.use_ascii(False)


def waited_for_processor() -> dict[str, float]:
    """Seconds that each thread of this process was ready to run and did not get to it (proc(5), schedstat; empty
    where the kernel counts none). While the one that holds the interpreter waits so, all do."""
    found = {}
    for each in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # the thread has just ended
            found[each.name] = int((each / "schedstat").read_text().split()[1]) / 1e9
    return found


@asynccontextmanager
async def lagging() -> AsyncIterator[list[float]]:
    """The seconds by which the event loop came too late, each time: meanwhile no key is answered. Those in which
    the machine had no processor for us are not counted."""
    lags = [0.0]

    async def look() -> None:
        while True:
            begun, starved = time.monotonic(), waited_for_processor()
            await asyncio.sleep(0.01)
            late = time.monotonic() - begun - 0.01
            if late > max(lags):
                now = waited_for_processor().items()
                lags.append(late - sum(waited - starved.get(thread, 0) for thread, waited in now))

    task = asyncio.create_task(look())
    try:
        yield lags
    finally:
        task.cancel()


class _Told:
    """A history that holds these entries."""

    def __init__(self, entries: list[Entry], told: str) -> None:
        self._entries, self.told = entries, told

    def open(self, _instance: Instance) -> _Told:
        return self

    def list(self) -> list[Entry]:
        return self._entries


def _keep_what_is_sent(app: MailtuiApp, raw: bytearray, patch: pytest.MonkeyPatch) -> None:
    """Put all that the console would send to a terminal into `raw`."""
    display = app._display

    def displayed(screen: Any, renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            raw.extend(renderable.render_segments(app.console).encode("utf-8", "surrogatepass"))
        display(screen, renderable)

    patch.setattr(app, "_display", displayed)
    assert app._driver is not None
    patch.setattr(app._driver, "write", lambda data: raw.extend(data.encode("utf-8", "surrogatepass")))
