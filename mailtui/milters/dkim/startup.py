"""What keeps opendkim from starting, of what says who signs for whom (dkimf_config_load in opendkim.c).
`opendkim -n` tells the same where it is installed; this tells it of a draft too, with the line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.datasets import DataSet, Row
from mailtui.milters.dkim.signing import key_entry
from mailtui.milters.dkim.wildcards import BadPattern, Pattern
from mailtui.text.safe import safe


class Stop(NamedTuple):
    """Why it does not start, and where. `line` None: no line is to blame."""

    what: str
    file: str
    line: int | None = None


def stops(config: DkimConfig) -> Iterator[Stop]:
    """Every reason. opendkim tells the first alone."""
    for text in config.problems:
        yield Stop(text, config.path)
    for name in ("SigningTable", "KeyTable", "Domain"):
        table = {"SigningTable": config.signingtable, "KeyTable": config.keytable}.get(name, config.domains)
        if table is not None:
            yield from _of_table(config, name, table)
    if config.signs:
        yield from _of_signing(config)


def _of_table(config: DkimConfig, name: str, table: DataSet) -> Iterator[Stop]:
    if table.unread and table.spec.kind in {"", "csl", "file", "refile"}:
        yield Stop(f"{name}: {table.unread}", config.path, config.line(name))
    if table.spec.kind == "refile":
        for row in table.rows:
            try:
                Pattern(row.key, icase=True)
            except BadPattern as error:
                yield Stop(f"{safe(row.key, 60)}: {error}", table.path, row.line)


def _of_signing(config: DkimConfig) -> Iterator[Stop]:
    has_key, has_selector = bool(config.key_file), bool(config.selector)
    if config.tables:
        if config.signingtable is None and not config.text("SetupPolicyScript"):
            yield Stop("KeyTable needs a SigningTable too", config.path, config.line("KeyTable"))
    elif config.signingtable is not None:
        yield Stop("SigningTable needs a KeyTable too", config.path, config.line("SigningTable"))
    elif has_key != has_selector:
        missing = "Selector" if has_key else "KeyFile"
        there = "KeyFile" if has_key else "Selector"
        yield Stop(f"{there} needs {missing} too", config.path, config.line(there))
    elif config.domains is not None and not has_key:
        yield Stop("Domain needs KeyFile and Selector too", config.path, config.line("Domain"))
    if config.signingtable is not None and config.keytable is not None:
        yield from _unknown_keys(config.signingtable, config.keytable)


def _unknown_keys(signing: DataSet, keytable: DataSet) -> Iterator[Stop]:
    """Keys that opendkim looks for at its start: in a table that is no `refile:`, those of the first rows, as
    long as each has an identity; `%` is not understood there."""
    if signing.spec.kind == "refile":
        return
    for row in signing.rows:
        if row.value is not None and not _splits(row):
            return
        name = (row.value or "").partition(":")[0]
        found = keytable.get(name, icase=False)
        if found is None or (found.value is not None and key_entry(found) is None):
            yield Stop(
                f"{safe(row.key, 60)} leads to “{safe(name, 60)}”, which the KeyTable does not have "
                "(it is looked for at the start where an identity follows)",
                signing.path, row.line or None,
            )  # fmt: skip
            return


def _splits(row: Row) -> bool:
    _, colon, identity = (row.value or "").partition(":")
    return bool(colon and identity)
