"""The demo under mail, and a console that somebody walks over at random: no failure, no growth, no waiting.

python -m tests.bench.soak [--minutes N] [--keys N] [--rate N] [--seed N] [--no-filters] [--no-apply]

A key is answered by the first paint after it, or, where it changes nothing, once the console's own thread has
taken it and sleeps again. Where it fails, what was pressed last and the screen are kept in a file.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

from mailtui.demo.lab import Lab, unavailable
from tests.bench.processes import first_thread, last_child, resident
from tests.bench.rows import Goal, Row, printed
from tests.bench.terminal import Terminal
from tests.bench.walk import Deaf, Step, Walk, key

GROWTH, ANSWER = 20.0, 250.0
"""MB that the console may grow by after the warm-up; milliseconds in which 99 of 100 keys are answered."""
EVERY = 20
"""Steps between two looks at the memory."""
QUIET, WHOLE = 0.03, 0.25
"""Seconds of silence after which a paint is whole, and in which it is so where a log goes on beside it."""
ENDING = {b"q", b"\r"}
"""Keys that end the console in some places."""
STILL = 0.4
"""Seconds after which what stands on the screen holds, where no log goes on."""
AFTER_ESCAPE = 0.12
"""Seconds after which Escape is a key of its own."""
SILENT, ASLEEP = 0.15, 0.02
"""Seconds without a paint after which a key has changed nothing, and for which the console's first thread does not
run once it has taken it; what else wakes it later is not the key's."""
PATIENCE = 10.0
"""Seconds after which a key that is not answered has hung the console."""
IN_VAIN = 15
"""Keys in a row that should do something, after which a console that did not is taken for stuck."""
TAIL = 80
"""Keys that are told of where it fails."""
JUMP = 1.0
"""MB by which the memory grows or falls at one step where it is told in the story."""


_TAB = re.compile(r"\[ ?\d ?([A-Z][A-Za-z ]*?) ?\]")
"""The screen that is open, on the line of screens."""


class Failure(Exception):
    """What went wrong, in words."""


class Answer(NamedTuple):
    """Milliseconds until a key was answered; for how many of them the console's first thread ran, and waited for
    a processor; the number of the step."""

    ms: float
    ran: float
    waited: float
    step: int


@dataclass
class Result:
    """What a walk came to."""

    answers: list[Answer] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """Resident MB, looked at steadily."""
    warm: int = 0
    """The looks at the memory up to the end of the tour: by then every screen was open once."""
    screens: set[str] = field(default_factory=set)
    """The screens that were seen, by their words on the line of screens."""
    seconds: float = 0.0
    """How long the walk took."""

    @property
    def growth(self) -> float:
        """MB from the end of the tour to the end, the median of the walk's last eighth."""
        after = self.memory[self.warm :]
        return median(after[-max(1, len(after) // 8) :]) - after[0] if after else 0.0

    def within(self, part: float) -> float:
        """The milliseconds in which this part of the keys was answered."""
        return _within(part, [answer.ms for answer in self.answers])

    def worked(self, part: float) -> float:
        """The milliseconds for which the console itself worked at most on this part of the keys, whatever else
        the machine did meanwhile."""
        return _within(part, [answer.ran for answer in self.answers])


def _within(part: float, numbers: Sequence[float]) -> float:
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Soak:
    """One walk over one console, which `term` shows; its process is the last that was started there."""

    def __init__(self, term: Terminal, walk: Walk, state: Path) -> None:
        self._term, self._walk, self._state = term, walk, state
        self._pid = last_child(term.pid)
        self._after = (0.0, 0.0)
        self._deaf = Deaf()
        self._used = 0.0
        self.result = Result()
        self.steps: list[Step] = []
        self.jumps: list[str] = []
        """Where the memory grew or fell at once."""

    def run(self, keys: int, seconds: float = 0.0) -> None:
        """Take as many steps, evenly over as many seconds. Raises Failure."""
        begun = time.monotonic()
        for number in range(keys):
            step = self._walk.next(self._term.lines)
            if step.raw in ENDING:  # what is just going away, or coming, must not take the console with it
                self._wait(STILL)
                step = key("escape") if step.leaves(self._term.lines) else step
            self.steps.append(step)
            before, shown = first_thread(self._pid), self._term.lines
            answer = self._take(step)
            ran, waited = (now - then for now, then in zip(self._after, before, strict=True))
            if step.size is None:
                self.result.answers.append(Answer(answer, ran, waited, number))
            self._look()
            self._deaf.heard(step, shown, self._term.lines)
            if self._deaf.keys >= IN_VAIN:
                raise Failure("keys do nothing any more")
            self._weigh(number)
            due = begun + seconds * (number + 1) / keys
            self._wait(due - time.monotonic())
            self.result.seconds = time.monotonic() - begun

    def _weigh(self, number: int) -> None:
        """The memory after a step."""
        used = resident(self._pid)
        if abs(used - self._used) >= JUMP:
            around = " ".join(step.name for step in self.steps[-4:])
            top = " / ".join(line.strip() for line in self._term.lines[:3])
            self.jumps.append(
                f"{number}: {used - self._used:+.1f} to {used:.1f} MB after {around!r} on {top}"
            )
        self._used = used
        if number % EVERY == 0:
            self.result.warm += self._walk.touring
            self.result.memory.append(used)

    def _wait(self, seconds: float) -> None:
        """Look at what is painted meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._term.collect(QUIET, most=min(left, 0.2))

    def _take(self, step: Step) -> float:
        """Take a step; milliseconds until it was answered. Raises Failure where it is not."""
        try:
            if step.size is None:
                answer = self._press(step.raw)
                if step.name == "escape":  # a letter right behind it would be Alt and that letter
                    self._wait(AFTER_ESCAPE)
                if step.raw.isdigit():  # a screen, perhaps, that is opened for the first time
                    self._wait(WHOLE)
                return answer
            self._term.resize(*step.size)
            return self._term.collect(QUIET, most=PATIENCE).first
        except (RuntimeError, OSError) as error:
            raise Failure(f"the console ended at {step.name!r}") from error

    def _press(self, raw: bytes) -> float:
        """Milliseconds to the first paint; where none comes, until the first thread had taken the key and slept."""
        ran, changed, taken = first_thread(self._pid), 0.0, 0.0
        begun = self._term.press(raw)
        while (passed := time.perf_counter() - begun) < PATIENCE:
            burst = self._term.collect(QUIET, most=0.005)
            now = self._after = first_thread(self._pid)
            if burst.chunks:
                self._term.collect(QUIET, most=WHOLE)
                return (burst.chunks[0].at - begun) * 1000
            if now != ran:
                changed, ran = passed, now
            elif changed and not taken and passed > changed + ASLEEP:
                taken = changed
            if taken and passed > SILENT:
                return taken * 1000
        raise Failure(f"not answered within {PATIENCE:.0f} s: {raw!r}")

    def _look(self) -> None:
        """Whether all is well, and where we are."""
        lines = self._term.lines
        if any("Traceback (most recent" in line for line in lines):
            raise Failure("a traceback stands on the screen")
        if crashes := list(self._state.glob("crash-*")):
            raise Failure(f"a crash report:\n{crashes[0].read_text()}")
        if found := _TAB.search(lines[1]):
            self.result.screens.add(found[1])

    def told(self, one: Answer) -> str:
        """An answer, in words."""
        name = self.steps[one.step].name
        return f"{one.ms:.0f} ms (ran {one.ran:.0f}, waited {one.waited:.0f}) for {name!r} at {one.step}"

    def story(self, why: str, tail: int) -> str:
        """What became of the walk, the last of its steps, and the screen."""
        pressed = " ".join(step.name for step in self.steps[-tail:])
        return (
            f"{why}\n\nstep {len(self.steps)}; the last of them:\n{pressed}\n\nthe screen:\n{self._term.text}\n\nmemory:\n"
            + "".join(f"{jump}\n" for jump in self.jumps)
        )


def _last_number(lines: bytes) -> int:
    whole = lines.rpartition(b"\n")[0].split()
    return int(whole[-1]) if whole else 0


@contextmanager
def mail(lab: Lab, rate: float, seed: int) -> Iterator[Callable[[], int]]:
    """Messages that come in at a rate, as long as it lasts; what is yielded says how many came so far."""
    command = [sys.executable, "-m", "tests.bench.soakmail", str(lab.directory), str(rate), str(seed)]
    environment = {**os.environ, **lab.environment()}
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(lab.inside(command), env=environment, stdout=told) as sender,
    ):
        try:
            yield lambda: _last_number(os.pread(told.fileno(), 1 << 20, 0))
        finally:
            os.kill(last_child(sender.pid), 9)
            sender.wait()


@contextmanager
def console(lab: Lab, folder: Path) -> Iterator[Terminal]:
    """The console beside the server; files that it saves go to `folder`."""
    command = ["env", "-C", str(folder), sys.executable, "-m", "mailtui", "--config-dir", str(lab.config_dir)]
    environment = {**lab.environment(), "XDG_CONFIG_HOME": str(folder / "settings"), "HOME": str(folder)}
    with Terminal(lab.inside(command), env=environment) as term:
        term.wait_for(b"Last write")
        term.settle()
        yield term


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    made = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--minutes", type=float, default=20, help="how long the walk is to take at least (20)")
    made.add_argument("--keys", type=int, default=5000, help="how many steps it takes (5000)")
    made.add_argument("--rate", type=float, default=20, help="messages a second (20); 0: none")
    made.add_argument("--seed", type=int, default=20311, help="which walk")
    made.add_argument("--no-filters", action="store_true", help="Postfix alone, without milters")
    made.add_argument("--no-apply", action="store_true", help="never write a change")
    return made


def course(result: Result) -> str:
    """The memory at each eighth of the walk."""
    step = max(1, len(result.memory) // 8)
    return ", ".join(f"{used:.0f}" for used in result.memory[::step]) + " MB"


def table(soak: Soak, options: argparse.Namespace, failed: str, messages: int) -> list[Row]:
    """The rows that are printed; `messages` came in meanwhile."""
    result = soak.result
    told = ", ".join(map(soak.told, sorted(result.answers, reverse=True)[:8]))
    most = ", ".join(map(soak.told, sorted(result.answers, key=lambda one: one.ran, reverse=True)[:8]))
    walk = f"seed {options.seed}, in {result.seconds / 60:.1f} min"
    rate = messages / result.seconds if result.seconds else 0.0
    return [
        Row("soak: steps taken", len(soak.steps), "", goal=None, notes=walk),
        Row("soak: failures", float(bool(failed)), "", goal=Goal(0), notes=failed.partition("\n")[0]),
        Row("soak: messages a second", rate, "", goal=None, notes=f"{options.rate:g} asked for"),
        Row("soak: key answered, median", result.within(0.5), "ms"),
        Row("soak: key answered, p99", result.within(0.99), "ms", goal=Goal(ANSWER), notes=f"longest: {told}"),
        Row("soak: console worked on a key, p99", result.worked(0.99), "ms", notes=f"most: {most}"),
        Row("soak: memory at the end", result.memory[-1], "MB"),
        Row("soak: memory grown after the warm-up", result.growth, "MB", goal=Goal(GROWTH), notes=course(result)),
        Row("soak: screens seen", len(result.screens), "", notes=", ".join(sorted(result.screens))),
    ]  # fmt: skip


def main() -> int:
    options = parser().parse_args()
    if (why := unavailable()) is not None:
        print(f"soak: {why}", file=sys.stderr)
        return 1
    failed = ""
    folder = Path(tempfile.mkdtemp(prefix="mt-soak-"))
    story = folder / "walk.txt"
    with (
        Lab(filters=not options.no_filters) as lab,
        mail_or_none(lab, options) as came,
        console(lab, folder) as term,
    ):
        soak = Soak(term, Walk(options.seed, apply=not options.no_apply), lab.place.state)
        before = came()
        try:
            soak.run(options.keys, options.minutes * 60)
        except (Failure, RuntimeError, OSError) as failure:  # it may end between two keys, too
            failed = str(failure)
            print(soak.story(failed, TAIL), file=sys.stderr)
        messages = came() - before
        story.write_text(soak.story(failed or "all was well", len(soak.steps)))
        rows = table(soak, options, failed, messages)
        print(printed(rows), flush=True)  # before the demo ends, which may take long after so much mail
    if all(row.met is not False for row in rows):
        shutil.rmtree(folder)
        return 0
    print(f"what was pressed: {story}")
    return 1


@contextmanager
def mail_or_none(lab: Lab, options: argparse.Namespace) -> Iterator[Callable[[], int]]:
    """Mail where any was asked for; how many messages came so far."""
    if options.rate <= 0:
        yield lambda: 0
        return
    with mail(lab, options.rate, options.seed) as came:
        yield came


if __name__ == "__main__":
    sys.exit(main())
