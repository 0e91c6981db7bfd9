"""Facts about the terminal, before Textual is imported: may we draw here, in which colours, in ASCII?

if (no := refusal(os.environ)): …         # a sentence for standard error, exit 1
plan = plan_for(os.environ)               # then: prepare(os.environ); import textual
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # that of typing, which the first paint would wait for
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Literal

    Colours = Literal["auto", "truecolor", "256", "16", "none"]
    """What `--color` may say."""
    Ground = Literal["auto", "dark", "light"]
    """What the setting `background` may say."""

SMALLEST = (60, 16)
"""Columns and lines below which the console only asks for a larger window."""


class Plan:
    """How to draw here. `ansi`: the terminal's own sixteen colours, on its own background; `no_colour`:
    none at all; `ascii_only`: no line or arrow characters; `mouse`: take the mouse from the terminal;
    `clipboard`: whether OSC 52, which copies, is understood or at least passed over; `light`: for a bright
    ground; `plain`: for screen readers and braille lines, nothing but words, one below the other, and the
    terminal's cursor on what is chosen."""

    __slots__ = ("ansi", "ascii_only", "clipboard", "light", "mouse", "no_colour", "plain")

    def __init__(
        self,
        ansi: bool = False,
        no_colour: bool = False,
        ascii_only: bool = False,
        mouse: bool = False,
        clipboard: bool = True,
        light: bool = False,
        plain: bool = False,
    ) -> None:
        self.ansi, self.no_colour, self.ascii_only = ansi, no_colour, ascii_only
        self.mouse, self.clipboard = mouse, clipboard
        self.light, self.plain = light, plain


def refusal(environ: Mapping[str, str], stdin: int = 0, stdout: int = 1, stderr: int = 2) -> str | None:
    """Why no console can be drawn here, or None. Textual draws on standard error and reads standard input;
    whoever sends standard output elsewhere wants a command's data."""
    if not os.isatty(stdin):
        return "standard input is not a terminal; use the commands instead (mailtui --help)"
    if not os.isatty(stdout):
        return "standard output is not a terminal; use the commands instead (mailtui --help)"
    if not os.isatty(stderr):
        return "standard error is not a terminal; the console draws there (mailtui --help shows the commands)"
    term = environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        what = f"TERM={term}" if term else "TERM is not set: a terminal of unknown kind"
        return (
            f"{what} cannot draw a screen; set TERM to what your terminal is "
            "(for instance TERM=vt100), or use the commands (mailtui --help)"
        )
    return None


_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
"""What Python puts into LC_CTYPE where the locale that LANG names is not installed (PEP 538)."""


def _charset(environ: Mapping[str, str]) -> str:
    """The character set that the environment names; empty where it names none."""
    named = [environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    if not named[0] and named[1] in _COERCED and "." in named[2]:
        named[1] = ""  # the terminal is what LANG says it is
    locale = next(filter(None, named), "")
    return locale.partition(".")[2].partition("@")[0].lower().replace("-", "")


_BRIGHT = frozenset({"7", *map(str, range(9, 16))})
"""Of the sixteen colours those that are a bright ground, as vim has it."""


def light_ground(environ: Mapping[str, str]) -> bool:
    """Whether the terminal says that its ground is bright: rxvt, Konsole and others put its number last in
    COLORFGBG. Asked (OSC 11) it would answer among the keys, on a slow line after the console has ended."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in _BRIGHT


def plan_for(
    environ: Mapping[str, str],
    *,
    colours: Colours = "auto",
    ascii_only: bool | None = None,
    mouse: bool | None = None,
    background: Ground = "auto",
    plain: bool = False,
) -> Plan:
    """The plan for this environment; an argument that is given wins over what the environment says.

    NO_COLOR (no-color.org: set and not empty) means no colours; a terminal that says `truecolor` or
    256 colours gets the console's own; every other its own sixteen. Over SSH the mouse stays the
    terminal's, because selecting text by mouse is worth more there than clicking.
    """
    term = environ.get("TERM", "")
    rich = environ.get("COLORTERM", "") in {"truecolor", "24bit"} or term.endswith(("-256color", "-direct"))
    no_colour = colours == "none" or (colours == "auto" and bool(environ.get("NO_COLOR")))
    if plain:
        ascii_only = True
    if ascii_only is None:
        ascii_only = term == "linux" or term.startswith("vt") or _charset(environ) not in {"", "utf8"}
    if mouse is None:
        mouse = "SSH_CONNECTION" not in environ
    ansi = plain or no_colour or colours == "16" or (colours == "auto" and not rich)
    light = background == "light" or (background == "auto" and light_ground(environ))
    clipboard = not term.startswith(("linux", "vt"))
    return Plan(ansi, no_colour, ascii_only, mouse, clipboard, light, plain)


def prepare(environ: MutableMapping[str, str], plan: Plan, colours: Colours = "auto") -> None:
    """Set what Textual reads from the environment when it is imported.

    No animation and no smooth scrolling: each key then costs one frame, also on a slow line. The kitty
    keyboard protocol stays off: its replies arrive as typed letters where a multiplexer garbles them.
    Textual waits two frames of its clock before a second paint, which at its 60 a second would be 33 ms.
    Textual takes any NO_COLOR, even an empty one, for a wish.
    """
    environ["TEXTUAL_ANIMATIONS"] = "none"
    environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
    environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    environ.setdefault("TEXTUAL_FPS", "240")
    if colours in {"truecolor", "256", "16"}:
        environ["TEXTUAL_COLOR_SYSTEM"] = {"16": "standard"}.get(colours, colours)
    if plan.no_colour:
        environ["NO_COLOR"] = "1"
    else:
        environ.pop("NO_COLOR", None)
