"""The parameters of main.cf as Postfix reads them: as written, by default, and with every `$` expanded.

Values that are set are read and expanded here, so they hold for unsaved bytes too and cost no program;
postconf is asked only where a built-in default is needed.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from mailtui.formats.macros import MacroError, expand
from mailtui.formats.target import Target
from mailtui.postfix import postconf
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import Reader, main_cf, master_cf, problem_words
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.formats.maincf import Definition, MainCf
    from mailtui.formats.mastercf import MasterCf, Service

_BLANKS = re.compile(r"[ \t\r\n]+")

NETWORK_PARAMETERS = ("compatibility_level", "inet_interfaces", "inet_protocols", "mynetworks_style")
"""What the default of mynetworks depends on, apart from the host's interfaces."""


@dataclass(frozen=True, slots=True)
class ParameterView:
    """One parameter for a list. None: the field does not apply, or could not be found out."""

    name: str
    value: str | None
    """As written, its lines joined; None where it is not set."""
    effective: str | None
    """What Postfix uses, `$` expanded, blanks squeezed; None where that fails (see `problem`)."""
    default: str | None
    explicit: bool
    file: str | None = None
    line: int | None = None
    unused: bool | None = None
    """Whether nothing uses this name; None where postconf could not tell."""
    duplicates: tuple[int, ...] = ()
    """Lines of the definitions that do not count, because a later one does."""
    overridden_by: tuple[str, ...] = ()
    """Services of master.cf (`submission/inet`) that have their own value."""
    problem: str = ""


@dataclass(slots=True)
class _Seen:
    """What one state of both files says, with what was worked out from it."""

    main: MainCf
    master: MasterCf | None
    explicit: dict[str, str]
    definitions: dict[str, Definition]
    expanded: dict[str, str] = field(default_factory=dict)
    unused: frozenset[str] | None = None
    unused_problem: str | None = None
    networks: str | None = None


def squeeze(value: str) -> str:
    """A value as postconf prints it: each run of blanks is one space."""
    return _BLANKS.sub(" ", value).strip()


def _options(service: Service) -> dict[str, str]:
    """The `-o name=value` options of a service; the last of a name counts."""
    return {decode(option.name): decode(option.value) for option in service.options if option.enabled}


@lru_cache(maxsize=8)
def _defaults(master: bytes) -> Mapping[str, str]:
    try:
        return postconf.defaults(master)
    except postconf.PostconfError:
        if not master:
            raise
    # postconf refuses a broken master.cf whole; the parameters of its services are not known then.
    return _defaults(b"")


class Parameters:
    """The parameters of one instance, through any reader. Follows the reader: nothing to refresh."""

    def __init__(self, reader: Reader, main: Target, master: Target, config_dir: str) -> None:
        self._reader, self._main, self._master = reader, main, master
        self._config_dir = config_dir
        self._last: _Seen | None = None

    # What is written

    def get(self, name: str) -> str | None:
        """The value as written in the definition that counts, its lines joined; None where it is not set."""
        return self._seen().explicit.get(name)

    def definition(self, name: str) -> Definition | None:
        """The definition that counts (the last one), with its place in main.cf."""
        return self._seen().definitions.get(name)

    def overrides(self, name: str) -> tuple[str, ...]:
        """The services of master.cf that set this parameter for themselves by `-o`: `submission/inet`."""
        return tuple(
            f"{service.name}/{service.type}" for service in self._services() if name in _options(service)
        )

    def names(self) -> list[str]:
        """Every name that is set in main.cf or that Postfix knows, in order."""
        return sorted({*self._seen().explicit, *self._known()})

    def items(self, name: str) -> list[tuple[str, int]]:
        """The items of a list as written in the definition that counts, each with its line; none where
        the parameter is not set."""
        main = self._seen().main
        return [(decode(token.text), token.line) for token in main.tokens(name)] if main.get(name) else []

    @property
    def file(self) -> str:
        """The path of main.cf."""
        return self._main.path

    # What is in force

    def default(self, name: str) -> str | None:
        """The built-in default, unexpanded, as `postconf -d` says; None for the admin's own names."""
        return self._known().get(name)

    def expanded(self, name: str) -> str:
        """The value as a daemon gets it: `$` expanded, blanks as they are.

        Raises ParameterError for a name that is neither set nor known, and where a macro is broken.
        """
        seen = self._seen()
        if name not in seen.expanded:
            seen.expanded[name] = self._expand(name, {})
        return seen.expanded[name]

    def effective(self, name: str) -> str:
        """The value as `postconf -xh NAME` prints it: as `expanded`, runs of blanks squeezed."""
        return squeeze(self.expanded(name))

    def expand_text(self, text: str) -> str:
        """Any text with its `$` expanded as main.cf's values are. Raises ParameterError."""
        return self._expand_text(text, "this text", {}, ())

    def service(self, name: str, kind: str) -> ServiceParameters:
        """The parameters as the daemons of one service of master.cf get them (`-o` over main.cf).

        Raises ParameterError where there is no such service.
        """
        for service in self._services():
            if (service.name, service.type) == (name, kind):
                return ServiceParameters(self, _options(service))
        raise ParameterError(
            f"there is no service {safe(f'{name}/{kind}')}",
            "see `postconf -M` for the services",
            self._master.path,
        )

    # For lists

    def view(self, name: str) -> ParameterView:
        """Everything to say about one parameter. Raises ParameterError for a name nobody knows."""
        self._require(name)
        seen = self._seen()
        found = seen.definitions.get(name)
        effective, problem = None, ""
        try:
            effective = self.effective(name)
        except ParameterError as error:
            problem = str(error)
        if found is None:
            return ParameterView(
                name, None, effective, self.default(name), explicit=False,
                overridden_by=self.overrides(name), problem=problem,
            )  # fmt: skip
        return ParameterView(
            name, decode(found.value), effective, self.default(name), explicit=True,
            file=self._main.path, line=found.line, unused=self.unused(name),
            duplicates=tuple(other.line for other in seen.main.all(name) if other.start != found.start),
            overridden_by=self.overrides(name), problem=problem,
        )  # fmt: skip

    def list(self, *, explicit_only: bool = False) -> Iterator[ParameterView]:
        """A view of each parameter, by name."""
        for name in sorted(self._seen().explicit) if explicit_only else self.names():
            yield self.view(name)

    def unused(self, name: str) -> bool | None:
        """Whether a name set in main.cf is used by nothing, as postconf warns; None where it cannot tell
        (`unused_problem` has its words)."""
        seen = self._seen()
        if seen.unused is None and seen.unused_problem is None:
            try:
                seen.unused = postconf.unused(seen.main.raw, self._master_raw(), list(seen.explicit))
            except postconf.PostconfError as error:
                seen.unused_problem = error.what
        return None if seen.unused is None else name in seen.unused

    @property
    def unused_problem(self) -> str:
        """Why postconf could not tell which parameters are unused; empty where it could."""
        return self._seen().unused_problem or ""

    # Inside

    def _seen(self) -> _Seen:
        main = self._main_document()
        master = self._master_document()
        last = self._last
        if last is not None and last.main is main and last.master is master:
            return last
        definitions = {found.name: found for found in main.parameters}
        explicit = {name: decode(found.value) for name, found in definitions.items()}
        self._last = _Seen(main, master, explicit, definitions)
        return self._last

    def _main_document(self) -> MainCf:
        try:
            return main_cf(self._reader, self._main)
        except OSError as error:
            raise ParameterError(problem_words(error, self._main.path)) from None

    def _master_document(self) -> MasterCf | None:
        try:
            return master_cf(self._reader, self._master)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ParameterError(problem_words(error, self._master.path)) from None

    def _master_raw(self) -> bytes:
        master = self._seen().master
        return b"" if master is None else master.raw

    def _services(self) -> Sequence[Service]:
        master = self._seen().master
        return [] if master is None else [service for service in master.services if service.enabled]

    def _known(self) -> Mapping[str, str]:
        try:
            return _defaults(self._master_raw())
        except postconf.PostconfError as error:
            raise ParameterError(f"the defaults of Postfix are not to be had: {error.what}") from None

    def _require(self, name: str) -> None:
        if name in self._seen().explicit or name in self._known():
            return
        if any(name in _options(service) for service in self._services()):
            return
        import difflib

        close = difflib.get_close_matches(name, self.names(), n=3, cutoff=0.75)
        do = f"did you mean {' or '.join(close)}?" if close else "`postconf` lists the names there are"
        raise ParameterError(f"Postfix knows no parameter {safe(name)}", do)

    def _expand(self, name: str, over: Mapping[str, str], pending: tuple[str, ...] = ()) -> str:
        value = self._unexpanded(name, over, pending)
        if value is None:
            self._require(name)
            return ""
        return self._expand_text(value, name, over, pending)

    def _expand_text(self, text: str, name: str, over: Mapping[str, str], pending: tuple[str, ...]) -> str:
        try:
            return expand(text, lambda other: self._unexpanded(other, over, (*pending, name)))
        except MacroError as error:
            found = self.definition(name)
            raise ParameterError(
                f"{name} cannot be expanded: {safe(str(error))}",
                "correct it; Postfix programs that need this parameter stop here",
                self._main.path if found else None,
                found.line if found else None,
            ) from None

    def _unexpanded(self, name: str, over: Mapping[str, str], pending: tuple[str, ...]) -> str | None:
        """What `$name` stands for, before it is itself expanded. `pending`: whose expansion asked for it."""
        if name in over:
            return over[name]
        value = self._seen().explicit.get(name)
        if value is not None:
            return value
        match name:
            case "config_directory":
                return self._config_dir
            case "myhostname" | "mydomain" if name in pending:
                raise ParameterError(f"{name} is worked out from itself ({' → '.join((*pending, name))})",
                                     "set it to a name", self._main.path)  # fmt: skip
            case "myhostname":
                host = socket.gethostname()
                return host if "." in host else f"{host}.{self._domain_of_host(over, (*pending, name))}"
            case "mydomain":
                _, dot, domain = self._expand("myhostname", over, (*pending, name)).partition(".")
                return domain if dot else "localdomain"
            case "mynetworks":
                return self._networks(over)
        return self._known().get(name)

    def _domain_of_host(self, over: Mapping[str, str], pending: tuple[str, ...]) -> str:
        """The domain that completes a host name without a dot: mydomain where it is set."""
        is_set = "mydomain" in over or "mydomain" in self._seen().explicit
        return self._expand("mydomain", over, pending) if is_set else "localdomain"

    def _networks(self, over: Mapping[str, str]) -> str:
        seen = self._seen()
        plain = not any(name in over for name in NETWORK_PARAMETERS)
        if plain and seen.networks is not None:
            return seen.networks
        settings = {name: self._expand(name, over) for name in NETWORK_PARAMETERS}
        try:
            value = " ".join(postconf.own_networks(settings))
        except postconf.PostconfError as error:
            raise ParameterError(f"the default of mynetworks is not to be had: {error.what}") from None
        if plain:
            seen.networks = value
        return value


class ServiceParameters:
    """The parameters of one service: its `-o name=value` options over those of main.cf."""

    def __init__(self, under: Parameters, options: Mapping[str, str]) -> None:
        self._under = under
        self.options = options
        """The service's own values, as written."""

    def expanded(self, name: str) -> str:
        """As `Parameters.expanded`, for this service."""
        return self._under._expand(name, self.options)  # noqa: SLF001 - the other half of one class

    def effective(self, name: str) -> str:
        """As `Parameters.effective`, for this service."""
        return squeeze(self.expanded(name))
