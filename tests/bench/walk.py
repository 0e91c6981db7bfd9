"""Keys as somebody might press them who knows no mercy: a random walk over every screen, the same for a seed.

    walk = Walk(seed)
    step = walk.next(lines)         # what stands on the screen decides what may be pressed; see `Step`

It never leaves the console: `q` is pressed only where it closes a view, no word that is typed has one, and what
the palette is about to run is none of its words for leaving.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

KEYS = {
    "down": b"\x1b[B", "up": b"\x1b[A", "right": b"\x1b[C", "left": b"\x1b[D", "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~", "home": b"\x1b[H", "end": b"\x1b[F", "enter": b"\r", "escape": b"\x1b", "tab": b"\t",
    "shift+tab": b"\x1b[Z", "space": b" ", "backspace": b"\x7f", "ctrl+p": b"\x10", "ctrl+u": b"\x15",
    "ctrl+o": b"\x0f",
}  # fmt: skip
"""Keys by name; every other is typed as it stands."""

SCREENS = "1234567890"
SIZES = ((80, 24), (80, 24), (60, 20), (100, 30), (140, 40), (60, 16), (200, 60))
_MOVES = ("down", "up", "j", "k", "pagedown", "pageup", "g", "G", "home", "end", "right", "left")
_ACTS = (
    "n", "enter", "enter", "d", "hash", "space", "asterisk", "u", "x", "f", "e", "E", "y", "r", "b", "t", "c",
    "K", "J", "D", "P", "o", "T", "p", "i", "a", "R", "F", "s", "v", "m", "l", "S", "X", "z", "L", "H",
)  # fmt: skip
_WORDS = (
    "jean", "falcot", "!web", "smtp", "a | b", "^post", "com$", "no-such-thing", "status:sent", "from:falcot",
    "jean@falcot.com", "laure@falcot.com", "192.0.2.1", "smtpd_", "reject", "7", "3", "münchen", "日本", "[bold]x",
    "hash:/etc/postfix/x", "yes", "no", "$myhostname", "a b  c", "'\"\\", "-", "@", "/", "1 2",
)  # fmt: skip
_COMMANDS = (
    "aliases", "aliases jean", "domains", "mailboxes", "rules", "milters", "keys", "files", "auth", "authserv", "authcli",
    "log", "log status:sent", "mail", "parameters", "parameters smtpd", "services", "findings", "settings",
    "switches", "history", "w", "u", "r", "12", "1", "99999", "help", "no-such-word", "", "e!",
)  # fmt: skip
_VIEWS = ("import", "export", "leave", "migrate", "instance", "firstrun", "switches")
"""Views that have no key of their own."""
_NAMED = {"hash": "#", "asterisk": "*"}
_LEAVES = re.compile(r"\bleave(?:;| and keep| once)|^\W*:(?:q|quit|wq|x)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """One key (`raw` and its `name`), or a window of another `size`."""

    name: str
    raw: bytes = b""
    size: tuple[int, int] | None = None

    def leaves(self, lines: Sequence[str]) -> bool:
        """Whether it may end the console: `q` on a screen, Enter on a word for leaving."""
        return (self.raw == b"q" and not closable(lines)) or (self.raw == b"\r" and _leaving(lines))


def key(name: str) -> Step:
    """A key by its name."""
    name = _NAMED.get(name, name)
    return Step(name, KEYS.get(name, name.encode()))


def tour(*, apply: bool = True) -> list[Step]:
    """Every screen and view once, and a change written and undone, before the walk: what they need is loaded
    then."""
    there = "1 ? escape 2 b escape 3 / j escape 4 5 D escape P escape T escape 6 tab tab 7 tab tab 8 9 0 tab f escape H escape w"
    forms = "escape 2 n escape 3 n escape 4 n escape 5 n escape 6 n escape"
    back = "5 x escape 3 enter escape , escape ctrl+p escape : escape L L 8 enter escape 9 enter escape 1"
    named = " ".join(f": {' '.join(view)} enter escape escape" for view in _VIEWS)
    log = "8 / a enter escape S escape X escape x escape e f escape enter x escape escape escape"
    review = "3 d w pagedown escape u 1"
    wait = "down up " * 8
    written = f"3 d w enter {wait} escape escape 1 H u escape w enter {wait} escape escape 1"
    whole = f"{there} {forms} {named} {log} {review} {written if apply else ''} {back}"
    return [key(name) for name in whole.split()]


class Walk:
    """The walk of a seed, behind the tour. `apply`: changes may be written, too."""

    def __init__(self, seed: int, *, apply: bool = True) -> None:
        self._chance = random.Random(seed)
        self._apply = apply
        self._tour = tour(apply=apply)
        self._ahead: list[Step] = []
        self.seen: Counter[str] = Counter()
        """How often each kind of step was taken."""

    @property
    def touring(self) -> bool:
        """Whether screens are still to be opened for the first time."""
        return bool(self._tour)

    def next(self, lines: Sequence[str]) -> Step:
        """The next step, for what stands on the screen now."""
        if self._tour:
            return key("escape") if _asks(lines) else self._tour.pop(0)
        if self._ahead and self._may_go_on(lines):
            return self._ahead.pop(0)
        self._ahead = []
        steps = self._chosen(lines)
        self._ahead = steps[1:]
        return steps[0]

    def _may_go_on(self, lines: Sequence[str]) -> bool:
        """Whether what was begun may be ended: a word, say. A question that came between is answered first."""
        return not _asks(lines)

    def _chosen(self, lines: Sequence[str]) -> list[Step]:
        chance = self._chance
        if _asks(lines):
            return self._counted("answer", [self._answer(lines)])
        if lines and lines[0].lstrip().startswith("Write "):
            return self._counted("review", self._review())
        if closable(lines) and chance.random() < 0.25:
            return self._counted("close", [key("q")])
        if _typing(lines) and chance.random() < 0.4:
            return self._counted("leave", [key("escape")])
        kinds = (
            "move",
            "act",
            "screen",
            "filter",
            "type",
            "leave",
            "tab",
            "command",
            "palette",
            "help",
            "review",
            "size",
        )
        weights = (30, 22, 9, 7, 8, 8, 6, 3, 2, 1, 2, 2)
        (kind,) = chance.choices(kinds, weights)
        return self._counted(kind, list(getattr(self, f"_{kind}")()))

    def _counted(self, kind: str, steps: list[Step]) -> list[Step]:
        self.seen[kind] += len(steps)
        return steps

    def _answer(self, lines: Sequence[str]) -> Step:
        """Whatever a question offers, but leaving."""
        if any(line.rstrip("│ ").endswith(("is not written", "are not written")) for line in lines):
            return key("escape")
        return key(self._chance.choice(("escape", "escape", "enter", "y", "n", "d", "down", "7", "space")))

    def _move(self) -> list[Step]:
        name = self._chance.choice(_MOVES)
        return [key(name)] * self._chance.choice((1, 1, 2, 3, 6))

    def _act(self) -> list[Step]:
        return [key(self._chance.choice(_ACTS))]

    def _screen(self) -> list[Step]:
        return [key(self._chance.choice(SCREENS))]

    def _typed(self, word: str, *last: str) -> list[Step]:
        return [*map(key, word), *map(key, last)]

    def _filter(self) -> list[Step]:
        ends = self._chance.choice((("enter",), ("escape",), ("down",), ()))
        return [key("/"), *self._typed(self._chance.choice(_WORDS), *ends)]

    def _type(self) -> list[Step]:
        ends = self._chance.choice(
            (("enter",), ("enter", "enter"), ("tab",), ("ctrl+u",), ("backspace",) * 3, ("escape",))
        )
        return self._typed(self._chance.choice(_WORDS), *ends)

    def _leave(self) -> list[Step]:
        return [key("escape")]

    def _tab(self) -> list[Step]:
        return [key(self._chance.choice(("tab", "tab", "shift+tab")))]

    def _command(self) -> list[Step]:
        return [key(":"), *self._typed(self._chance.choice(_COMMANDS), "enter")]

    def _palette(self) -> list[Step]:
        word, *last = self._chance.choice(
            (
                ("alias", "enter"),
                ("domain", "enter"),
                ("mark", "enter"),
                ("re", "down", "escape"),
                ("xyz", "escape"),
            )
        )
        return [key("ctrl+p"), *self._typed(word, *last)]

    def _help(self) -> list[Step]:
        return [key("?"), key("pagedown"), key("/"), key("m"), key("escape"), key("escape")]

    def _review(self) -> list[Step]:
        answers = ("escape", "d", "down", "pagedown", "up", "tab")
        chosen = ["w", self._chance.choice(answers)]
        if self._apply and self._chance.random() < 0.4:
            chosen = ["enter"]
        return [key(name) for name in chosen]

    def _size(self) -> list[Step]:
        size = self._chance.choice(SIZES)
        return [Step("size {}x{}".format(*size), size=size)]


class Deaf:
    """Counts the keys in a row that should have done something and did not: Escape in a field, and the number of
    a screen where nothing is typed."""

    def __init__(self) -> None:
        self.keys = 0

    def heard(self, step: Step, before: Sequence[str], after: Sequence[str]) -> None:
        """What stood on the screen before and after a step."""
        if _asks(before) or _asks(after) or len(after) < 2:
            self.keys = 0
        elif step.name == "escape" and _typing(before):
            self.keys = self.keys + 1 if _typing(after) else 0
        elif step.name in SCREENS and not (_typing(before) or closable(before)):
            self.keys = 0 if f"[{step.name}" in after[1].replace("[ ", "[") else self.keys + 1


def _last(lines: Sequence[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "")


def closable(lines: Sequence[str]) -> bool:
    """Whether `q` only closes a view here: the footer says so."""
    return "q back" in _last(lines)


def _leaving(lines: Sequence[str]) -> bool:
    """Whether a word for leaving stands on the palette or behind the colon."""
    return any(_LEAVES.search(line) for line in lines)


def _typing(lines: Sequence[str]) -> bool:
    """Whether a field has the keys, which takes all letters: the footer names its own."""
    return "Esc close" in _last(lines) or "Esc clear" in _last(lines)


def _asks(lines: Sequence[str]) -> bool:
    """Whether a dialog is up: a box of lines stands over the screen."""
    return any("┌──" in line for line in lines)
