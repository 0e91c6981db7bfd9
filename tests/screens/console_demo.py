"""A console over made-up rows, for tests and for measuring: `python console_demo.py [ROWS]`.

It has no Postfix behind it. Its second screen is a list of ROWS rows, some of them hostile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

HOSTILE = (
    "\x1b]0;PWNED\x07 title",
    "\x1b[2J clears",
    "\x9b31m c1",
    "\u202egnp.exe",
    "[bold]x[/bold] [@click=app.quit]press[/]",
    "[/foo] [postfix/smtp]",
    "tab\there\x00nul\x7fdel",
    "caf\udce9 latin",
    "日本語 wide 表",
    "\u200bzero\ufeffwidth\u2028sep",
)


class DemoRows:
    """ROWS addresses, computed, so that only what is asked for exists; every tenth of the first is hostile."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = 0

    def __len__(self) -> int:
        return self.count

    def text(self, index: int) -> tuple[str, str]:
        if index < 200 and index % 10 == 3:
            return HOSTILE[index // 10 % len(HOSTILE)], f"hostile{index}@example.net"
        return f"user{index:07}@falcot.com", f"mailbox{index % 977}, jean@falcot.com"

    def cells(self, index: int) -> Any:
        from mailtui.screens.parts.linelist import Row

        self.asked += 1
        left, right = self.text(index)
        marker = "  ~+-#!?=*"[index % 10] if index < 60 else " "
        return Row((left, right, "virtual"), marker=marker, style="dim" if marker == "#" else "")

    def key(self, index: int) -> Hashable:
        return index

    def find(self, key: Hashable) -> int | None:
        return key if isinstance(key, int) and key < self.count else None

    def hits(self, text: str) -> Iterator[int | None]:
        """As a table is searched: one blob, `find`, and the row by the offset (all rows have one length)."""
        blob, step, at, quiet = _blob(self.count), 24, 0, 0
        needle = text.encode()
        while (at := blob.find(needle, at)) >= 0:
            yield at // step
            at = (at // step + 1) * step
            quiet += 1
            if not quiet % 500:
                yield None


@cache
def _blob(count: int) -> bytes:
    return b"".join(b"user%07d@falcot.com\n\n" % index for index in range(count))


class DemoEdit:
    """An edit that only says itself."""

    def describe(self) -> str:
        return "~ alias webmaster@falcotsbrand.com → jean@falcot.com \x1b[31m"


class DemoInstance:
    """What the frame asks of an instance."""

    config_dir = "/etc/postfix"
    hostname = "mail.falcot.com"
    name = "-"

    def running(self) -> bool:
        return True

    def refresh(self) -> None:
        """Nothing is held."""


class DemoFiles:
    """Files whose changes a test makes up."""

    def __init__(self) -> None:
        self.news: set[str] = set()

    def changed(self) -> set[str]:
        news, self.news = self.news, set()
        return news


def demo_findings(errors: int = 0, warnings: int = 0) -> Any:
    """Findings by weight, alike in all else."""
    from mailtui.doctor.model import Finding

    weights: list[Any] = ["error"] * errors + ["warning"] * warnings
    return tuple(
        Finding("demo", weight, f"finding {number}", "/etc/postfix/main.cf", number, "because")
        for number, weight in enumerate(weights, 1)
    )


def demo_session(keep: Any = None, edits: int = 0) -> Any:
    """A session over nothing."""
    from mailtui.edits.draft import Draft
    from mailtui.screens.parts.session import Session, Status

    draft = cast("Any", FakeDraft(Draft()))
    for _ in range(edits):
        draft.stage(DemoEdit())
    return Session(
        cast("Any", DemoInstance()),
        draft,
        files=cast("Any", DemoFiles()),
        who="roland",
        keep_draft=keep or (lambda: None),
        look=lambda: Status(running=True, host="mail.falcot.com"),
        findings=demo_findings(warnings=2),
    )


class FakeDraft:
    """A draft that holds DemoEdits: no targets, no merging."""

    def __init__(self, _like: Any) -> None:
        self.edits: tuple[Any, ...] = ()
        self.generation = 0

    @property
    def groups(self) -> tuple[Any, ...]:
        """Each edit is an act of its own."""
        return self.edits

    def stage(self, *edits: Any, label: str = "") -> None:
        self.edits += edits

    def unstage_last(self) -> Any:
        if not self.edits:
            return None
        *rest, last = self.edits
        self.edits = tuple(rest)
        return last

    def clear(self) -> None:
        self.edits = ()

    def __len__(self) -> int:
        return len(self.edits)


def install_demo_screen() -> None:
    """Put the demo list in the place of the Aliases screen; DEMO_ROWS says how many rows it has."""
    from mailtui.screens.parts import built

    built.BUILT["aliases"] = ("tests.screens.demo_list", "DemoList")


def main() -> None:
    """Run it in this terminal. Environment: DEMO_ROWS, DEMO_EDITS, DEMO_KEPT (a file to touch), DEMO_FAIL."""
    from mailtui.screens.console import run_console

    kept = os.environ.get("DEMO_KEPT")

    def keep() -> None:
        if kept:
            Path(kept).write_text("kept")

    def session() -> Any:
        install_demo_screen()
        return demo_session(keep, int(os.environ.get("DEMO_EDITS", "0")))

    folder = os.environ.get("DEMO_CRASH_DIR")
    crash = (lambda: folder) if folder else None
    sys.exit(run_console(session, config_dir="/etc/postfix", start="aliases", crash_dir=crash))


if __name__ == "__main__":
    main()
