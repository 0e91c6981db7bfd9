"""Each line in a thread of its own: one that hangs holds up nothing, and is told of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from mailtui.commands import CommandError
from mailtui.overview.gathering import Gathering, Topic
from mailtui.overview.line import Line, said
from mailtui.postfix.errors import InstanceError

PATIENCE = 10.0


class Heard:
    """What was told, in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._more = threading.Condition()

    def take(self, line: Line) -> None:
        with self._more:
            self.lines.append(line)
            self._more.notify_all()

    def until(self, what: Callable[[list[Line]], bool]) -> list[Line]:
        with self._more:
            assert self._more.wait_for(lambda: what(self.lines), PATIENCE), self.lines
            return list(self.lines)

    def texts(self, name: str) -> list[str]:
        return [line.text for line in self.lines if line.name == name]


Begin = Callable[[Sequence[Topic]], tuple[Gathering, Heard]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    begun: list[Gathering] = []

    def beginning(topics: Sequence[Topic]) -> tuple[Gathering, Heard]:
        heard = Heard()
        begun.append(Gathering(topics, heard.take))
        begun[-1].start()
        return begun[-1], heard

    yield beginning
    for each in begun:
        each.stop()
        each.join(PATIENCE)
        assert not each.is_alive()


def counting(name: str, words: Callable[[int], str] = str) -> tuple[list[int], Callable[[], Line]]:
    """What is counted each time it is asked, and the asking."""
    seen: list[int] = []

    def look() -> Line:
        seen.append(len(seen))
        return Line(name, (said(words(len(seen))),))

    return seen, look


def test_what_hangs_holds_up_nothing_and_is_waited_for(begin: Begin) -> None:
    held, times = threading.Event(), []

    def hangs() -> Line:
        times.append(time.monotonic())
        held.wait(PATIENCE)
        return Line("slow", (said("done"),))

    _, quick = counting("quick")
    gathering, heard = begin(
        [Topic("slow", hangs, every=0.01, limit=0.05), Topic("quick", quick, every=0.01)]
    )
    heard.until(lambda lines: len([line for line in lines if line.name == "quick"]) > 3)
    heard.until(lambda lines: any(line.name == "slow" for line in lines))
    assert heard.texts("slow") == ["no answer within 0.05 s"]
    gathering.again("slow")
    time.sleep(0.1)
    assert len(times) == 1, "a second one was begun while the first still hangs"
    held.set()
    heard.until(lambda _: "done" in heard.texts("slow"))
    heard.until(lambda _: len(times) > 1)


def test_only_what_changed_is_told(begin: Begin) -> None:
    seen, look = counting("same", lambda _: "as ever")
    _, heard = begin([Topic("same", look, every=0.005)])
    heard.until(bool)
    while len(seen) < 5:
        time.sleep(0.005)
    assert heard.texts("same") == ["as ever"]


def test_nothing_is_begun_while_nobody_looks(begin: Begin) -> None:
    seen, look = counting("a")
    gathering, heard = begin([Topic("a", look, every=0.01)])
    heard.until(lambda lines: len(lines) > 1)
    gathering.show(False)
    time.sleep(0.05)
    count = len(seen)
    time.sleep(0.1)
    assert len(seen) == count
    gathering.show(True)
    heard.until(lambda lines: len(lines) > count)


def test_it_is_asked_again_at_once(begin: Begin) -> None:
    seen, look = counting("a")
    gathering, heard = begin([Topic("a", look, every=1000)])
    heard.until(bool)
    gathering.again()
    heard.until(lambda lines: len(lines) == 2)
    assert len(seen) == 2


def test_what_takes_long_is_done_seldom(begin: Begin) -> None:
    began: list[float] = []

    def look() -> Line:
        began.append(time.monotonic())
        time.sleep(0.05)
        return Line("a", (said(str(len(began))),))

    _, heard = begin([Topic("a", look, every=0.01)])
    heard.until(lambda lines: len(lines) == 2)
    assert began[1] - began[0] > 0.9


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InstanceError("main.cf is a folder", "make it a file"), "main.cf is a folder"),
        (PermissionError(13, "Permission denied", "/etc/x"), "Permission denied"),
        (CommandError(["postqueue"], "it hung"), "it hung"),
        (KeyError("what\x1b[2J"), "mailtui failed here: KeyError: "),
    ],
)
def test_what_fails_says_so(begin: Begin, error: Exception, words: str) -> None:
    def fails() -> Line:
        raise error

    _, heard = begin([Topic("a", fails)])
    (line,) = heard.until(bool)
    assert words in line.text
    assert "\x1b" not in line.text
    assert line.weight == "error"
