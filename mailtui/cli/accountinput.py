"""A password as a command gets it, and what is typed before something that cannot be taken back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailtui.cli.context import Context
from mailtui.cli.output import Failed, ask
from mailtui.sasl.secret import LONGEST, Secret, again, refused
from mailtui.text.safe import safe


def password_read(name: str, *, twice: bool = True) -> Secret:
    """From a terminal, without echo and twice; else one line of standard input. Raises Failed."""
    if not sys.stdin.isatty():
        secret = Secret(_line())
        wrong = refused(secret)
    else:
        import getpass

        what = f"{'New password' if twice else 'Password'} of {safe(name)}: "
        try:
            secret = Secret(getpass.getpass(what))
            wrong = again(secret, Secret(getpass.getpass("Again: "))) if twice else refused(secret)
        except EOFError:
            raise Failed(
                "no password was typed; nothing was changed", do="type one, or give it on standard input"
            ) from None
    if wrong:
        raise Failed(wrong, do="nothing was changed")
    return secret


def _line() -> str:
    raw = sys.stdin.buffer.readline(LONGEST * 2)
    return raw.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")


def generated_shown(name: str, secret: Secret) -> Callable[[], None]:
    """What shows a generated password, once: at the terminal itself, so that no pipe, file or log gets it.

    Raises Failed where there is none, before anything is changed.
    """
    try:
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        raise Failed(
            "--generate shows the password at a terminal, and there is none",
            do="make one yourself and give it on standard input",
        ) from None

    def show() -> None:
        text = f"The password of {safe(name)}, shown this once:\n\n    {secret.reveal()}\n\n"
        os.write(terminal, text.encode("utf-8", "replace"))
        os.close(terminal)

    return show


def confirmed(context: Context, what: str, word: str) -> None:
    """Go on only with --yes, or once the word was typed at a terminal. Raises Failed."""
    if context.yes:
        return
    if not sys.stdin.isatty():
        raise Failed(f"{safe(what)}", do="--yes says that you mean it")
    ask(f"{what}\nTo do it, type {word}: ")
    if sys.stdin.readline().strip() != word:
        raise Failed("that is not it; nothing was changed", do=f"type {word}, or say --yes")


@contextmanager
def in_words() -> Iterator[None]:
    """What can go wrong while accounts are changed, as a command ends with it."""
    from mailtui.apply.accounts import AccountError
    from mailtui.apply.database import JournalError
    from mailtui.apply.faults import WriteError
    from mailtui.apply.locks import Busy
    from mailtui.apply.state import StateError
    from mailtui.commands import CommandError

    try:
        yield
    except AccountError as error:
        raise Failed(error.what, file=error.file, do=error.do) from None
    except (WriteError, StateError) as error:
        raise Failed(error.what, file=error.path, do=error.do) from None
    except JournalError as error:
        raise Failed(error.what, do=error.do) from None
    except (Busy, CommandError) as error:
        raise Failed(str(error)) from None
