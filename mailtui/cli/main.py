"""From arguments to one noun's module. Options that every command takes stand before or after it."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from mailtui import __version__
from mailtui.cli.context import Context, Ended
from mailtui.cli.output import (
    USAGE,
    Failed,
    Unwritable,
    drop_output,
    flush,
    keep_notes,
    note,
    report,
    tell_kept,
)
from mailtui.screennames import SCREENS
from mailtui.settings import load

NOUNS = {
    "alias": "list, set, remove, resolve, find, replace: who gets the mail of an address",
    "domain": "list, add, change, remove, dns, settings: the domains that this server takes mail for",
    "table": "list, get, set, remove, try, compile: any lookup table, as TYPE:PATH",
    "parameter": "list, get, set, reset: main.cf",
    "mailbox": "list, add, remove: whose mail lies where on this machine",
    "account": "list, add, password, lock, remove, test, fix: who may log in to send mail (SASL)",
    "leave": "ADDRESS [--forward TO]: somebody leaves; every place of theirs as one change",
    "dkim": "list, generate, check, activate, retire: the keys that sign our mail, and their life",
    "restriction": "list, add, move, remove, explain, check: what smtpd asks at each command, and answers",
    "milter": "list, add, remove, ping: the mail filters in their order, and whether each answers",
    "service": "list, set: master.cf, and the overrides of its services",
    "doctor": "what is wrong, where, why, and what puts it right; exit 1 if any is an error",
    "log": "the mail log: its lines, --trace ID, --stats, --since T, --follow",
    "queue": "list, hold, release, requeue, flush, delete: the mail that waits",
    "instance": "list, show: the Postfix instances of this host; what was found in one, and what may change",
    "import": "KIND FILE: aliases, mailboxes, domains or account names from CSV or JSON, as one change",
    "export": "KIND FILE: the same as a file",
    "history": "list, show, undo, recover: what was written, and back",
    "draft": "show, apply: a saved draft",
    "try-message": "which header or body check fires on a message, and what it would do",
    "inspect": "a file as it is read; --raw writes its bytes back",
    "demo": "a disposable mail server of Falcot Corp on loopback, and the console on it",
    "completion": "bash, zsh, tcsh: completion for the shell",
}


_MODULES = {"import": "importing", "export": "exporting"}
"""Of nouns that no module can be called."""
WITH_VALUE = ("--config-dir", "--instance", "--log", "--color")
FLAGS = ("--json", "--read-only", "--version")
"""The options that may stand before the noun, after it, and after the verb."""


class Parser(argparse.ArgumentParser):
    """argparse with one-line errors that end with exit code 2. Options are never guessed from their
    beginning: `--js` would be obeyed, and not heard where an error is to be JSON."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        raise Failed(message, do=f"see {self.prog} --help", code=USAGE)


def common_options() -> Parser:
    """The options that stand before or after any command."""
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = options.add_argument_group("options of every command")
    group.add_argument(
        "--config-dir", metavar="DIR", help="the Postfix instance (default: what postconf says)"
    )
    group.add_argument("--instance", metavar="NAME", help="the Postfix instance of this name: instance list")
    group.add_argument("--json", action="store_true", help="print data as JSON")
    group.add_argument("--read-only", action="store_true", help="look, and change nothing")
    group.add_argument("--log", metavar="SOURCE", help="the mail log: a file, journal, or auto")
    group.add_argument(
        "--version", action="version", version=f"mailtui {__version__}", help="print the version and end"
    )
    return options


def change_options() -> Parser:
    """The options of every command that changes something."""
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = options.add_argument_group("options of a change")
    group.add_argument("--dry-run", action="store_true", help="print the diff and the plan, change nothing")
    group.add_argument(
        "--no-reload", action="store_true", help="write and compile, but do not reload Postfix"
    )
    group.add_argument(
        "--no-rehearsal", action="store_true", help="do not try a new main.cf or master.cf first"
    )
    group.add_argument("--yes", action="store_true", help="yes to what the console would ask")
    return options


def _top() -> Parser:
    commands = "\n".join(f"  {noun:<11} {text}" for noun, text in NOUNS.items())
    numbered = [f"{n} {name}" for n, name in zip("1234567890", SCREENS, strict=True)]
    screens = "\n".join(f"  {', '.join(part)}" for part in (numbered[:5], numbered[5:]))
    top = Parser(
        prog="mailtui",
        usage="mailtui [OPTION...] [SCREEN]\n       mailtui [OPTION...] COMMAND ...",
        description="A console for Postfix. Without a command it opens, on the SCREEN named.",
        epilog=f"screens, by number or name (log and queue by number: the words are commands):\n{screens}\n\n"
        f"commands:\n{commands}\n\n`mailtui COMMAND --help` tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
        argument_default=argparse.SUPPRESS,
    )
    console = top.add_argument_group("options of the console")
    console.add_argument("--color", choices=["auto", "truecolor", "256", "16", "none"])
    console.add_argument("--mouse", action=argparse.BooleanOptionalAction, help="default: off over SSH")
    console.add_argument("--ascii", action="store_true", help="draw with ASCII only")
    console.add_argument(
        "--plain", action="store_true", help="for screen readers: words alone, the cursor on what is chosen"
    )
    return top


def _split(arguments: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Options before the noun, the noun, and the rest."""
    skip = False
    for place, word in enumerate(arguments):
        if skip:
            skip = False
        elif word in WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return list(arguments[:place]), word, list(arguments[place + 1 :])
    return list(arguments), None, []


def _leading(arguments: Sequence[str]) -> int:
    """How many words after a noun are options of every command, as in `alias --json list`."""
    place = 0
    while place < len(arguments):
        word = arguments[place]
        if word in WITH_VALUE:
            place += 2
        elif word in FLAGS or word.startswith(tuple(f"{option}=" for option in WITH_VALUE)):
            place += 1
        else:
            break
    return min(place, len(arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:  # started with it closed (>&-)
            setattr(sys, name, os.fdopen(_null(number), "w"))
    keep_notes(kept="--json" in arguments)
    try:
        status = _run(arguments)
        tell_kept()
        return status
    except BrokenPipeError:
        drop_output()  # the reader went away (| head): nothing is wrong
        return 0
    except KeyboardInterrupt:
        tell_kept()
        return 130
    except Exception as error:  # noqa: BLE001 - the last border: no traceback reaches a user
        return failed(error, as_json="--json" in arguments)


def _null(number: int) -> int:
    """/dev/null under the number of a standard stream, so that no file is opened under it later."""
    handle = os.open(os.devnull, os.O_WRONLY)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
    return number


def failed(error: Exception, *, as_json: bool) -> int:
    """Say whatever went wrong in one line, and return the exit code."""
    if isinstance(error, Failed):
        return report(error, as_json=as_json)
    from mailtui.cli.mishap import failure_of

    return report(failure_of(error), as_json=as_json)


def _run(arguments: Sequence[str]) -> int:
    before, noun, after = _split(arguments)
    between = _leading(after) if noun in NOUNS and noun != "demo" else 0
    given = _top().parse_args([*before, *after[:between]])
    if noun is None:
        raise Failed("no command given", do="see mailtui --help", code=USAGE)
    if noun not in NOUNS:
        import difflib

        near = difflib.get_close_matches(noun, NOUNS, 1)
        raise Failed(
            f"there is no command {noun!r}",
            do=f"did you mean {near[0]}?" if near else "see mailtui --help",
            code=USAGE,
        )
    if noun == "demo":
        from mailtui.demo.run import main as demo

        return demo(after)
    module = importlib.import_module(module_of(noun))
    parser: Parser = module.parser()
    options = parser.parse_args(after[between:], argparse.Namespace(**vars(given)))
    context = Context(options)
    for problem in load().problems:
        note(f"note: {problem}")
    try:
        status = options.call(context, options)
        context.tell_unfinished()
        flush()
    except (BrokenPipeError, Unwritable) as error:
        if context.ended is None:
            raise
        return _unheard(context.ended, error)
    except Failed:
        raise
    except Exception as error:
        if context.ended is None:
            raise
        note(f"mailtui: {context.ended.words}")
        failed(error, as_json=context.json)
        return context.ended.code
    return int(status or 0)


def module_of(noun: str) -> str:
    """The module of a command other than demo."""
    return f"mailtui.cli.{_MODULES.get(noun) or noun.replace('-', '')}"


def _unheard(ended: Ended, error: BrokenPipeError | Unwritable) -> int:
    """A change was tried, and what came of it could not be printed: it goes by its own exit code."""
    drop_output()
    why = "nobody reads standard output" if isinstance(error, BrokenPipeError) else error.what
    note(f"mailtui: {ended.words}; {why}")
    return ended.code


def check_console(arguments: Sequence[str], screen: str) -> None:
    """Raises Failed where an argument of the console is wrong."""
    names = {screen, *"0123456789"}
    _top().parse_args([word for word in arguments if word not in names])
