"""What only postconf knows: built-in defaults, unused names, the networks of this host.

postconf is asked about a private copy of main.cf and master.cf, in the state folder. So the answers hold
for unsaved bytes too, and postconf does not wait until a file that was written a moment ago is two seconds
old.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from mailtui import commands
from mailtui.postfix.private import looked_at
from mailtui.text.safe import decode, encode, safe

_UNUSED = re.compile(r"^\S*postconf: warning: main\.cf: unused parameter: (.*)", re.MULTILINE)


class PostconfError(Exception):
    """postconf gave no answer. `what` is its own words."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _ask(options: list[str], main: bytes, master: bytes) -> tuple[str, str]:
    """Standard output and standard error of postconf over these bytes. Raises PostconfError."""
    try:
        with looked_at({"main.cf": main, "master.cf": master}) as folder:
            result = commands.ask(["postconf", "-c", folder, *options])
            err = decode(result.err).replace(f"{folder}/", "")
    except commands.CommandError as error:
        raise PostconfError(str(error)) from None
    except OSError as error:
        raise PostconfError(f"no room for a copy of main.cf: {error.strerror or error}") from None
    if not result.ok:
        raise PostconfError(safe(err.strip().rpartition("\n")[2].partition("postconf: ")[2]))
    return decode(result.out), err


def defaults(master: bytes) -> dict[str, str]:
    """Every parameter that Postfix knows, with its default unexpanded; those that the services of
    master.cf bring with them (`smtp_destination_rate_delay`) included. Raises PostconfError."""
    out, _ = _ask(["-d"], b"", master)
    pairs = (line.partition(" =") for line in out.splitlines())
    return {name: value.removeprefix(" ") for name, _, value in pairs}


def unused(main: bytes, master: bytes, names: list[str]) -> frozenset[str]:
    """Those of the parameter names set in main.cf that nothing uses, by postconf's own warnings.

    Raises PostconfError, also where a macro or a line of either file is broken.
    """
    _, err = _ask(["-n"], main, master)
    told = {found.partition("=")[0] for found in _UNUSED.findall(err)}
    return frozenset(name for name in names if name in told)


def own_networks(settings: Mapping[str, str]) -> list[str]:
    """The default of mynetworks under these settings (expanded values): networks of this host's interfaces.

    `mynetworks_style = host` gives the addresses themselves. Raises PostconfError.
    """
    main = "".join(f"{name} = {value.replace('$', '$$')}\n" for name, value in settings.items())
    out, _ = _ask(["-xh", "mynetworks"], encode(main), b"")
    return out.split()


@lru_cache(maxsize=1)
def table_types() -> frozenset[str]:
    """The types of lookup tables that this Postfix supports (`postconf -m`). Raises PostconfError."""
    return _words("-m")


@lru_cache(maxsize=2)
def sasl_types(*, server: bool) -> frozenset[str]:
    """The SASL implementations of the SMTP server (`postconf -a`) or client (`-A`). Raises PostconfError."""
    return _words("-a" if server else "-A")


def _words(option: str) -> frozenset[str]:
    out, _ = _ask([option], b"", b"")
    return frozenset(out.split())
