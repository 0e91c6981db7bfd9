"""The entry point. A plain command never imports Textual; the console paints before it does."""

from __future__ import annotations

import os
import sys

from mailtui.settings import SCREENS, load

TYPE_CHECKING = False  # that of typing, which would cost more than all that the first paint needs
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailtui.screens.parts.session import Session
    from mailtui.screens.parts.terminal import Colours, Ground

_WORDS = {*SCREENS, "services"} - {"log", "queue"}

_WITH_VALUE = ("--config-dir", "--instance", "--log", "--color")
_FLAGS = ("--read-only", "--mouse", "--no-mouse", "--ascii", "--plain")
_COLOURS: dict[str, Colours] = {
    "auto": "auto", "truecolor": "truecolor", "256": "256", "16": "16", "none": "none"
}  # fmt: skip

_GROUNDS: dict[str, Ground] = {"auto": "auto", "dark": "dark", "light": "light"}


def wanted_screen(arguments: Sequence[str]) -> str | None:
    """The screen that these arguments ask to open ("" where they name none); None for a plain command.

    `log` and `queue` are commands too and win; their screens start as `mailtui 8` and `mailtui 9`.
    """
    rest = list(arguments)
    screen = ""
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE:
            rest[:1] = []
        elif word.startswith(tuple(f"{option}=" for option in _WITH_VALUE)) or word in _FLAGS:
            continue
        elif not screen and word.isdecimal() and len(word) == 1:
            screen = SCREENS[int(word) - 1]
        elif not screen and word in _WORDS:
            screen = word
        else:
            return None
    return screen


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command or the console; returns the exit code (interface: 0, 1, 2, 3 or 4)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    screen = wanted_screen(arguments)
    if screen is None:
        from mailtui.cli.main import run

        return run(arguments)
    return _console(arguments, screen)


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The last value given for an option; "" where its value is missing."""
    value = None
    for place, word in enumerate(arguments):
        if word == name:
            value = next(iter(arguments[place + 1 :]), "")
        elif word.startswith(f"{name}="):
            value = word.removeprefix(f"{name}=")
    return value


def _plain(arguments: Sequence[str]) -> bool:
    """Whether every option has a value that it can have. Importing argparse to find that out would take
    as long as all that the first paint needs; it is asked for its words where something is wrong."""
    values = {name: _option(arguments, name) for name in _WITH_VALUE}
    missing = any(value is not None and (not value or value.startswith("-")) for value in values.values())
    return not missing and (values["--color"] or "auto") in _COLOURS


def _console(arguments: Sequence[str], screen: str) -> int:
    """Open the console. Its first lines are on the terminal before the first slow import."""
    from mailtui.screens.console import run_console

    settings = load()
    given, name = _option(arguments, "--config-dir"), _option(arguments, "--instance")
    folder = given or ("" if name else os.environ.get("MAILTUI_CONFIG_DIR"))
    mouse = {"--mouse": True, "--no-mouse": False}

    def open_session(other: str = "") -> Session:
        """The instance that the arguments name, or another one, for which they name no log."""
        from mailtui.cli.console import prepare
        from mailtui.cli.context import chosen
        from mailtui.screens.parts.opening import session_of

        log = "" if other else _option(arguments, "--log") or ""
        where = other or chosen(given, name)
        now = load() if other else settings
        return session_of(prepare(now, where, log, read_only="--read-only" in arguments))

    try:
        if not _plain(arguments):
            from mailtui.cli.main import check_console

            check_console(arguments, screen)
        return run_console(
            open_session,
            config_dir=folder or (name and f"instance {name}") or "/etc/postfix",
            start=screen or settings.start,
            colours=_COLOURS[_option(arguments, "--color") or settings.color],
            ascii_only=True if "--ascii" in arguments or settings.ascii else None,
            background=_GROUNDS[settings.background],
            plain="--plain" in arguments or settings.plain,
            mouse=next((mouse[word] for word in reversed(arguments) if word in mouse), settings.mouse),
            crash_dir=crash_folder,
        )
    except Exception as error:  # noqa: BLE001 - the last border: no traceback reaches a user
        from mailtui.cli.main import failed

        return failed(error, as_json=False)


def crash_folder() -> str:
    """Where a crash report goes: private to the user, made only when one is written."""
    from mailtui.apply.state import base

    return base()


if __name__ == "__main__":
    sys.exit(main())
