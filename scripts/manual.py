"""Makes the manual page from the sources of --help, of `?` and of the settings screen.

scripts/manual.py            writes docs/mailtui.8
scripts/manual.py --check    says whether it is as it would be made; exit code 1 if not
"""

# argparse has no other words for what its parsers hold:
# ruff: noqa: SLF001

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.binding import Binding, BindingType

from mailtui import __version__
from mailtui.cli.completion import whole_parser
from mailtui.cli.main import _top
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts.built import BUILT
from mailtui.screens.parts.keys import key_name
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.settings import Settings
from mailtui.settingswords import SETTINGS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mailtui.8"
SHARED = ("options of every command", "options of a change")
"""Groups that stand in the page once, and not again under each command."""
EXITS = (
    ("0", "done, or nothing to do"),
    ("1", "refused or failed, and nothing changed; an answer that is no"),
    ("2", "wrong usage"),
    ("3", "a conflict with somebody else's edit, and nothing changed"),
    ("4", "failed while it was applied, and rolled back"),
)
DESCRIPTION = (
    "mailtui edits the files of a Postfix mail server where they stand, shows each change as a diff and a",
    "plan before it is written, compiles and reloads what the change needs, can take every change back, and",
    "shows the live mail log. Without a command it opens the console, on the screen that is named (overview,",
    "domains, aliases, mailboxes, restrictions, milters, auth, parameters, or a digit).",
)
HEADINGS = {
    "basesettings": "Domains: base settings", "switches": "Restrictions: switches",
    "dkimkeys": "Milters: keys",
    "filterfiles": "Milters: files", "services": "Parameters: services", "authservices": "Auth: services",
    "authclient": "Auth: client", "migrate": "Moving to another table type", "leave": "Somebody leaves",
    "auth": "Auth: accounts", "milters": "Milters: chain",
}  # fmt: skip
"""How a screen is called here, where its word does not say it."""
FILES = (
    ("/etc/postfix", "the instance that is edited, unless --config-dir or --instance names another"),
    ("/etc/mailtui.toml, ~/.config/mailtui/config.toml", "the settings; the second wins"),
    (
        "/var/lib/mailtui, ~/.local/state/mailtui",
        "history, kept drafts and the journal of what is being written",
    ),
)
EXAMPLES = (
    ("mailtui aliases", "the console, on the aliases"),
    ("mailtui alias set sales@example.com jean laure@example.org", "who gets the mail of an address"),
    ("mailtui alias set sales@example.com --add sophie --dry-run", "the diff and the plan, and no change"),
    ("mailtui log --trace 3FCA722E68E", "the story of one message"),
    ("mailtui doctor --json", "what is wrong on this server, for a script"),
    ("mailtui history undo 12", "take a change back"),
)


def escaped(text: str) -> str:
    """A text as roff takes it."""
    raw = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{raw}" if raw.startswith((".", "'")) else raw


def entries(rows: Iterable[tuple[str, str]]) -> list[str]:
    """A list of names and what each is; an empty text leaves the name alone."""
    return [line for name, text in rows for line in (".TP", bold(name), *([escaped(text)] if text else ()))]


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def section(title: str, *lines: str) -> list[str]:
    return [f".SH {title.upper()}", *lines]


def shown(action: argparse.Action) -> tuple[str, str]:
    """An option or argument with its value, and its help."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        return str(value), action.help or ""
    name = ", ".join(action.option_strings)
    return (name if action.nargs == 0 else f"{name} {value}"), action.help or ""


def own(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What is the command's alone."""
    return [
        action
        for group in parser._action_groups
        if group.title not in SHARED
        for action in group._group_actions
        if action.help != argparse.SUPPRESS and "--help" not in action.option_strings
    ]


def group_of(parser: argparse.ArgumentParser, title: str) -> list[tuple[str, str]]:
    """The options of a group, from the first command that has it."""
    for group in parser._action_groups:
        if group.title == title:
            return [shown(action) for action in group._group_actions]
    parts = (part for verbs in verbs_of(parser) for _, _, part in verbs)
    return next(filter(None, (group_of(part, title) for part in parts)), [])


Verb = tuple[str, str, argparse.ArgumentParser]


def verbs_of(parser: argparse.ArgumentParser) -> Iterator[list[Verb]]:
    """The commands below one: word, help, parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield [(word, told.get(word, ""), part) for word, part in action.choices.items()]


def command(name: str, text: str, parser: argparse.ArgumentParser) -> list[str]:
    """A command, and below it what it takes."""
    actions = own(parser)
    words = [name]
    for action in actions:
        if not action.option_strings:
            many = action.nargs in ("*", "+")
            word = f"{shown(action)[0]}{'…' if many else ''}"
            words.append(f"[{word}]" if action.nargs in ("?", "*") else word)
    told = [shown(action) for action in actions if action.help]
    lines = [".TP", bold(" ".join(words)), escaped(sentence(text or parser.description or ""))]
    return [*lines, ".RS", *entries(told), ".RE"] if told else lines


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def commands(whole: argparse.ArgumentParser) -> list[str]:
    lines = []
    for noun, text, parser in next(verbs_of(whole)):
        verbs = [verb for part in verbs_of(parser) for verb in part]
        lines += [f'.SS "{escaped(sentence(parser.description or text).rstrip("."))}"']
        if not verbs:
            lines += command(noun, text, parser)
        for verb, about, part in verbs:
            lines += command(f"{noun} {verb}", about, part)
    return lines


def told(bindings: Iterable[BindingType], known: set[str]) -> list[tuple[str, str]]:
    """Keys and what they do, in the words of `?`; each action once."""
    rows = []
    for binding in bindings:
        if isinstance(binding, Binding) and binding.id and binding.tooltip and binding.id not in known:
            known.add(binding.id)
            names = ", ".join(key_name(key, ascii_only=True) for key in binding.key.split(","))
            rows.append((names, binding.tooltip))
    return rows


def keys() -> list[str]:
    """The keys of every screen, then those of each."""
    known: set[str] = set()
    lines = entries(told((*MailtuiApp.BINDINGS, *ListScreen.BINDINGS), known))
    for mode, (module, name) in BUILT.items():
        screen = getattr(importlib.import_module(module), name)
        rows = told((each for part in screen.mro() for each in part.__dict__.get("BINDINGS", ())), known)
        if rows:
            lines += [f'.SS "{escaped(HEADINGS.get(mode, mode.capitalize()))}"', *entries(rows)]
    return lines


def settings() -> Iterator[tuple[str, str]]:
    plain = Settings()
    for setting in SETTINGS:
        default = getattr(plain, setting.field)
        unit = f" {setting.unit}" if setting.unit else ""
        told = f" Default: {str(default).lower() if isinstance(default, bool) else default}{unit}."
        shown = (
            told if isinstance(default, (bool, int, float)) or (isinstance(default, str) and default) else ""
        )
        yield setting.name, f"{setting.help}{shown}"


def page() -> str:
    """The whole manual page."""
    whole = whole_parser()
    lines = [
        f'.TH MAILTUI 8 "" "mailtui {escaped(__version__)}" "System administration"',
        *section("name", "mailtui \\- a full\\-screen console for Postfix"),
        *section("synopsis", ".B mailtui", "[\\fIoption\\fR…] [\\fIscreen\\fR]", ".br", ".B mailtui",
                 "[\\fIoption\\fR…] \\fIcommand\\fR …"),
        *section("description", *map(escaped, DESCRIPTION)),
        *section("options", *entries(group_of(whole, SHARED[0]))),
        *section("options of the console", *entries(group_of(_top(), "options of the console"))),
        *section("options of a change", *entries(group_of(whole, SHARED[1]))),
        *section("keys of the console", *keys()),
        *section("commands", *commands(whole)),
        *section("settings", *entries(settings())),
        *section("exit status", *entries(EXITS)),
        *section("files", *entries(FILES)),
        *section("examples", *entries(EXAMPLES)),
        *section("see also", ".BR postconf (1),", ".BR postfix (1),", ".BR postmap (1),", ".BR postlog (1)"),
    ]  # fmt: skip
    return "\n".join(lines).replace("…", "\\[u2026]") + "\n"


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == page():
            return 0
        print(f"{PAGE} is not as it would be made; run scripts/manual.py", file=sys.stderr)
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
