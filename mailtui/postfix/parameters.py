"""The parameters of main.cf as Postfix reads them: as written, by default, and as they are in force."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mailtui.formats.target import Target
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import Reader, main_cf, master_cf, problem
from mailtui.postfix.values import ServiceValues, Values
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.formats.maincf import Definition

_BLANKS = re.compile(r"[ \t\r\n]+")


class ParameterView(NamedTuple):
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


def squeeze(value: str) -> str:
    """A value as postconf prints it: each run of blanks is one space."""
    return _BLANKS.sub(" ", value).strip()


class Parameters:
    """The parameters of one instance, through any reader. Follows the reader: nothing to refresh.

    Every method raises ParameterError where main.cf or master.cf cannot be read.
    """

    def __init__(self, reader: Reader, main: Target, master: Target, config_dir: str) -> None:
        self._reader, self._main, self._master = reader, main, master
        self._config_dir = config_dir
        self._last: Values | None = None

    # What is written

    @property
    def file(self) -> str:
        """The path of main.cf."""
        return self._main.path

    def get(self, name: str) -> str | None:
        """The value as written in the definition that counts, its lines joined; None where it is not set."""
        return self.values.explicit.get(name)

    def definition(self, name: str) -> Definition | None:
        """The definition that counts (the last one), with its place in main.cf."""
        return self.values.definitions.get(name)

    def items(self, name: str) -> list[tuple[str, int]]:
        """The items of a list as written in the definition that counts, each with its line; none where
        the parameter is not set."""
        main = self.values.main
        return [(decode(token.text), token.line) for token in main.tokens(name)] if main.get(name) else []

    def overrides(self, name: str) -> tuple[str, ...]:
        """The services of master.cf that set this parameter for themselves by `-o`: `submission/inet`."""
        return _overrides(self.values, name)

    def names(self) -> list[str]:
        """Every name that is set in main.cf or that Postfix knows, in order."""
        values = self.values
        return sorted({*values.explicit, *values.known})

    # What is in force

    def default(self, name: str) -> str | None:
        """The built-in default, unexpanded, as `postconf -d` says; None for the admin's own names."""
        return self.values.known.get(name)

    def expanded(self, name: str) -> str:
        """The value as a daemon gets it: `$` expanded, blanks as they are.

        Raises ParameterError for a name that is neither set nor known, and where a macro is broken.
        """
        return self.values.expanded(name)

    def effective(self, name: str) -> str:
        """The value as `postconf -xh NAME` prints it: as `expanded`, runs of blanks squeezed."""
        return squeeze(self.values.expanded(name))

    def expand_text(self, text: str) -> str:
        """Any text with its `$` expanded as main.cf's values are. Raises ParameterError."""
        return self.values.expand_text(text)

    def service(self, name: str, kind: str) -> ServiceParameters:
        """The parameters as the daemons of one service of master.cf get them (`-o` over main.cf).

        Raises ParameterError where there is no such service.
        """
        values = self.values
        for service in reversed(values.services):  # of two alike the last counts
            if (service.name, service.type) == (name, kind):
                return ServiceParameters(values, service)
        raise ParameterError(
            f"there is no service {safe(f'{name}/{kind}')}",
            "see `postconf -M` for the services",
            self._master.path,
        )

    # For lists

    def view(self, name: str) -> ParameterView:
        """Everything to say about one parameter. Raises ParameterError for a name nobody knows."""
        values = self.values
        values.require(name)
        return _view(values, name)

    def list(self, *, explicit_only: bool = False) -> Iterator[ParameterView]:
        """A view of each parameter, by name; all of one state of the files."""
        values = self.values
        for name in sorted(values.explicit if explicit_only else {*values.explicit, *values.known}):
            yield _view(values, name)

    @property
    def unused_problem(self) -> str:
        """Why postconf could not tell which parameters are unused; empty where it could."""
        return self.values.unused[1]

    @property
    def values(self) -> Values:
        """What the files say now; the same object while they are the same."""
        try:
            main = main_cf(self._reader, self._main)
        except OSError as error:
            raise ParameterError(*problem(error, self._main.path), self._main.path) from None
        try:
            master = master_cf(self._reader, self._master)
        except FileNotFoundError:
            master = None
        except OSError as error:
            raise ParameterError(*problem(error, self._master.path), self._master.path) from None
        last = self._last
        if last is None or last.main is not main or last.master is not master:
            last = self._last = Values(self._main.path, main, master, self._config_dir)
        return last


class ServiceParameters:
    """The parameters of one service: its `-o name=value` options over those of main.cf."""

    def __init__(self, values: Values, service: ServiceValues) -> None:
        self._values, self._over = values, service.over
        self.options: Mapping[str, str] = service.options
        """The service's own values, as written."""

    def expanded(self, name: str) -> str:
        """As `Parameters.expanded`, for this service."""
        return self._values.expanded(name, self._over)

    def effective(self, name: str) -> str:
        """As `Parameters.effective`, for this service."""
        return squeeze(self.expanded(name))

    def expanded_text(self, text: str) -> str:
        """As `Parameters.expand_text`, for this service."""
        return self._values.expand_text(text, over=self._over)


def _overrides(values: Values, name: str) -> tuple[str, ...]:
    named = (f"{each.name}/{each.type}" for each in values.services if name in each.options)
    return tuple(dict.fromkeys(named))


def _view(values: Values, name: str) -> ParameterView:
    effective, problem = None, ""
    try:
        effective = squeeze(values.expanded(name))
    except ParameterError as error:
        problem = str(error)
    default, overridden_by = values.known.get(name), _overrides(values, name)
    found = values.definitions.get(name)
    if found is None:
        return ParameterView(
            name, None, effective, default, explicit=False, overridden_by=overridden_by, problem=problem
        )
    unused, _ = values.unused
    return ParameterView(
        name,
        values.explicit[name],
        effective,
        default,
        explicit=True,
        file=values.path,
        line=found.line,
        unused=None if unused is None else name in unused,
        duplicates=tuple(other.line for other in values.main.all(name) if other.start != found.start),
        overridden_by=overridden_by,
        problem=problem,
    )
