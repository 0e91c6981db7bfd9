"""The values of one state of main.cf and master.cf, with every `$` expanded as Postfix expands them.

What is set is expanded here, so it holds for unsaved bytes too and costs no program; postconf is asked
only where a built-in default is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mailtui.formats.macros import MacroError, expand
from mailtui.postfix import postconf
from mailtui.postfix.errors import ParameterError
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.formats.maincf import Definition, MainCf
    from mailtui.formats.mastercf import MasterCf
    from mailtui.formats.masterentry import Service

RAW_PARAMETERS = frozenset(
    (
        "command_execution_directory",
        "default_rbl_reply",
        "forward_path",
        "luser_relay",
        "mailbox_command",
        "postscreen_expansion_filter",
        "postscreen_reject_footer",
        "smtpd_expansion_filter",
        "smtpd_reject_footer",
    )
)
"""Parameters that Postfix does not expand when it reads them: their `$name` is filled in at each use."""

NETWORK_PARAMETERS = ("compatibility_level", "inet_interfaces", "inet_protocols", "mynetworks_style")
"""What the default of mynetworks depends on, apart from the host's interfaces."""

READ_ONLY = frozenset(("process_id", "process_name", "service_name"))
"""Parameters that each program sets itself: what main.cf or a service says of them does not count."""

NOTHING: Mapping[str, str] = {}


class ServiceValues(NamedTuple):
    """A service of master.cf that is switched on, and what it sets for itself by `-o name=value`."""

    name: str
    type: str
    command: str
    options: dict[str, str]

    @property
    def over(self) -> dict[str, str]:
        """The values that stand above main.cf's in this service, as `postconf -Px` has them."""
        own = {name: value for name, value in self.options.items() if name not in READ_ONLY}
        return {**own, "process_name": self.command, "service_name": self.name}


@lru_cache(maxsize=8)
def _defaults(master: bytes) -> Mapping[str, str]:
    try:
        return postconf.defaults(master)
    except postconf.PostconfError:
        if not master:
            raise
    # postconf refuses a broken master.cf whole; the parameters of its services are not known then.
    return _defaults(b"")


def options_of(service: Service) -> dict[str, str]:
    """The `-o name=value` options of a service; the last of a name counts."""
    return {option.name: decode(option.value) for option in service.options if option.enabled}


class Values:
    """What one state of both files says, with what was worked out from it so far.

    `over`, in several methods: values that stand above main.cf's, such as a service's `-o` options.
    """

    def __init__(self, path: str, main: MainCf, master: MasterCf | None, config_dir: str) -> None:
        self.path, self.main, self.master = path, main, master
        self._config_dir = config_dir
        self.definitions: dict[str, Definition] = {found.name: found for found in main.parameters}
        """The definition of each name that counts: the last one."""
        self.explicit = {name: decode(found.value) for name, found in self.definitions.items()}
        self._expanded: dict[str, str] = {}
        self._networks = ""

    @cached_property
    def services(self) -> list[ServiceValues]:
        """Each service of master.cf that is switched on."""
        found = self.master.services if self.master else []
        return [
            ServiceValues(each.name, each.type, each.command, options_of(each))
            for each in found
            if each.enabled
        ]

    @property
    def known(self) -> Mapping[str, str]:
        """Every name that Postfix knows, with its default unexpanded. Raises ParameterError."""
        try:
            return _defaults(self.master.raw if self.master else b"")
        except postconf.PostconfError as error:
            raise ParameterError(f"the defaults of Postfix are not to be had: {error.what}") from None

    @cached_property
    def unused(self) -> tuple[frozenset[str] | None, str]:
        """The names set that nothing uses; or None, and why postconf could not tell."""
        try:
            names = postconf.unused(
                self.main.raw, self.master.raw if self.master else b"", list(self.explicit)
            )
        except postconf.PostconfError as error:
            return None, error.what
        return names, ""

    def require(self, name: str) -> None:
        """Raises ParameterError for a name that is neither set nor known to Postfix."""
        if (
            name in self.explicit
            or name in self.known
            or any(name in service.options for service in self.services)
        ):
            return
        import difflib

        close = difflib.get_close_matches(name, {*self.explicit, *self.known}, n=3, cutoff=0.75)
        do = f"did you mean {' or '.join(close)}?" if close else "`postconf` lists the names there are"
        raise ParameterError(f"Postfix knows no parameter {safe(name)}", do)

    def expanded(self, name: str, over: Mapping[str, str] = NOTHING) -> str:
        """The value as a daemon gets it. Raises ParameterError for an unknown name or a broken macro."""
        if over:
            return self._expand(name, over, ())
        if name not in self._expanded:
            self._expanded[name] = self._expand(name, over, ())
        return self._expanded[name]

    def expand_text(self, text: str, name: str = "this text", over: Mapping[str, str] = NOTHING,
                    pending: tuple[str, ...] = ()) -> str:  # fmt: skip
        """Any text with its `$` expanded; `name` says in an error whose text it is. Raises ParameterError."""
        try:
            return expand(text, lambda other: self._unexpanded(other, over, (*pending, name)))
        except MacroError as error:
            found = self.definitions.get(name)
            raise ParameterError(
                f"{name} cannot be expanded: {safe(str(error))}",
                "correct it; Postfix programs that need this parameter stop here",
                self.path if found else None,
                found.line if found else None,
            ) from None

    def _expand(self, name: str, over: Mapping[str, str], pending: tuple[str, ...]) -> str:
        value = self._unexpanded(name, over, pending)
        if value is None:
            self.require(name)
            return ""
        if name in RAW_PARAMETERS and not pending:
            return value
        return self.expand_text(value, name, over, pending)

    def _unexpanded(self, name: str, over: Mapping[str, str], pending: tuple[str, ...]) -> str | None:
        """What `$name` stands for, before it is itself expanded. `pending`: whose expansion asked for it."""
        if name in over:
            return over[name]
        value = self.explicit.get(name)
        if value is not None and name not in READ_ONLY:
            return value
        match name:
            case "config_directory":
                return self._config_dir
            case "myhostname" | "mydomain" if name in pending:
                way = " → ".join((*pending, name))
                raise ParameterError(
                    f"{name} is worked out from itself ({way})", "set it to a name", self.path
                )
            case "myhostname":
                host = os.uname().nodename
                return host if "." in host else f"{host}.{self._domain_of_host(over, (*pending, name))}"
            case "mydomain":
                _, dot, domain = self._expand("myhostname", over, (*pending, name)).partition(".")
                return domain if dot else "localdomain"
            case "mynetworks":
                return self._own_networks(over)
        return self.known.get(name)

    def _domain_of_host(self, over: Mapping[str, str], pending: tuple[str, ...]) -> str:
        """The domain that completes a host name without a dot: mydomain where it is set."""
        is_set = "mydomain" in over or "mydomain" in self.explicit
        return self._expand("mydomain", over, pending) if is_set else "localdomain"

    def _own_networks(self, over: Mapping[str, str]) -> str:
        plain = not any(name in over for name in NETWORK_PARAMETERS)
        if plain and self._networks:
            return self._networks
        settings = {name: self.expanded(name, over) for name in NETWORK_PARAMETERS}
        try:
            value = "".join(f"{network} " for network in postconf.own_networks(settings))
        except postconf.PostconfError as error:
            raise ParameterError(f"the default of mynetworks is not to be had: {error.what}") from None
        if plain:
            self._networks = value
        return value
