"""Edits of who signs for whom: from Domain, KeyFile and Selector to tables, and rows of tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from mailtui.edits.datasets import RemoveKeyRow, SetKeyRow
from mailtui.edits.folders import MakeFolder, folder
from mailtui.edits.keywords import SetKeyword, UnsetKeyword
from mailtui.edits.model import Edit
from mailtui.formats.target import Format, Target
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.datasets import DataSet, Row
from mailtui.milters.dkim.keyrows import ANYBODY
from mailtui.milters.dkim.signing import decide, key_entry, key_name

FOLDER = "opendkim"
"""Beside opendkim.conf: where its tables go if there are none."""
KEY_TABLE, SIGNING_TABLE = "KeyTable", "SigningTable"


class Tables(NamedTuple):
    """The two tables that edits are made in. `wild`: whether the SigningTable is a `refile:`."""

    keys: Target
    signing: Target
    wild: bool


def tables(config: DkimConfig) -> Tables | None:
    """Those of a set-up by tables; None where they are no flat files."""
    keys, signing = config.keytable, config.signingtable
    if keys is None or signing is None or not keys.path or not signing.path or keys.unread or signing.unread:
        return None
    return Tables(
        Target("keytable", keys.path), Target("signingtable", signing.path), signing.spec.kind == "refile"
    )


def new_tables(config: DkimConfig) -> Tables:
    """Those that a set-up gets which has none."""
    where = os.path.join(os.path.dirname(config.path), FOLDER)
    return Tables(
        Target("keytable", os.path.join(where, KEY_TABLE)),
        Target("signingtable", os.path.join(where, SIGNING_TABLE)),
        True,
    )


def make_tables(config: DkimConfig, made: Tables) -> Iterator[Edit]:
    """The folder of new tables, and the keywords that name them."""
    where = os.path.dirname(made.keys.path)
    if not os.path.lexists(where):
        yield MakeFolder(folder(where), 0, 0, 0o755)
    yield set_keyword(config, "KeyTable", made.keys.path)
    yield set_keyword(config, "SigningTable", f"refile:{made.signing.path}")


def set_keyword(config: DkimConfig, name: str, value: str) -> SetKeyword:
    """The edit of a keyword, in the file that sets it."""
    found = config.keywords.get(name.lower())
    target = _conf(found.file if found is not None else config.path)
    return SetKeyword(target, name, value, found.text if found is not None else None)


def unset_keyword(config: DkimConfig, name: str) -> Iterator[UnsetKeyword]:
    """The edit that takes a keyword out; none where it is not set."""
    found = config.keywords.get(name.lower())
    if found is not None:
        yield UnsetKeyword(_conf(found.file), name, found.text)


def _conf(path: str) -> Target:
    kind: Format = "opendkim.conf"
    return Target(kind, path)


def to_tables(config: DkimConfig, made: Tables) -> list[Edit]:
    """Domain, KeyFile and Selector as tables that sign the same mail with the same key in the same name."""
    edits: list[Edit] = []
    wide: list[Edit] = []
    domains = list(dict.fromkeys(row.key.lower() for row in config.domains.rows)) if config.domains else []
    if "*" in domains:
        edits += [_key_row(made, config.selector, "%", f"{config.selector}._domainkey", config.key_file)]
        wide.append(SetKeyRow(made.signing, "*", f"{config.selector}._domainkey"))
    for domain in () if "*" in domains else sorted(domains, key=lambda each: -each.count(".")):
        name = f"{config.selector}._domainkey.{domain}"
        edits.append(_key_row(made, config.selector, domain, name, config.key_file))
        edits.append(SetKeyRow(made.signing, f"*@{domain}", name))
        if config.subdomains:
            wide.append(SetKeyRow(made.signing, f"*@*.{domain}", f"{name}:@{domain}"))
    keywords = [*unset_keyword(config, "Domain"), *unset_keyword(config, "KeyFile")]
    return [*make_tables(config, made), *edits, *wide, *keywords, *unset_keyword(config, "Selector")]


def _key_row(made: Tables, selector: str, domain: str, name: str, path: str) -> SetKeyRow:
    return SetKeyRow(made.keys, name, f"{domain}:{selector}:{path}")


# Rows of tables


def point(config: DkimConfig, made: Tables, domain: str, name: str, value: str) -> list[Edit]:
    """The rows by which the mail of a domain is signed with the key `name`, `value` being its KeyTable row:
    those that lead to another key of the domain are turned to it, else a row is added where it is reached."""
    assert config.keytable is not None
    assert config.signingtable is not None
    edits: list[Edit] = []
    there = config.keytable.get(name, icase=False)
    if there is None:
        edits.append(SetKeyRow(made.keys, name, value))
    elif there.value != value:
        edits.append(SetKeyRow(made.keys, name, value, there.value or ""))
    own = _names_of(config.keytable, domain) - {name}
    turned = [row for row in config.signingtable.rows if key_name(row, "%") in own]
    for row in turned:
        old = row.value or ""
        edits.append(SetKeyRow(made.signing, row.key, name + old[len(key_name(row, "%")) :], old))
    if not turned:
        edits += _own_row(config, made, domain, name)
    return edits


def _names_of(keytable: DataSet, domain: str) -> set[str]:
    """The names of the keys that sign in the name of this one domain."""
    entries = [key_entry(row) for row in keytable.rows]
    return {entry.name for entry in entries if entry is not None and entry.domain.lower() == domain}


def _own_row(config: DkimConfig, made: Tables, domain: str, name: str) -> Iterator[Edit]:
    pattern = f"*@{domain}" if made.wild else domain
    table = config.signingtable
    assert table is not None
    standing = next((row for row in table.rows if row.key.lower() == pattern), None)
    if standing is not None:
        if key_name(standing, domain) != name:
            yield SetKeyRow(made.signing, standing.key, name, standing.value or "")
        return
    yield SetKeyRow(made.signing, pattern, name, None, _caught_by(config, domain) if made.wild else None)


def _caught_by(config: DkimConfig, domain: str) -> str | None:
    """The key of the row that takes the domain's mail now: a new one must stand above it."""
    row = decide(config, f"{ANYBODY}@{domain}").row
    return row.key if row is not None else None


def leading_to(config: DkimConfig, name: str) -> list[Row]:
    """The rows of the SigningTable that lead to a key by its name."""
    rows = config.signingtable.rows if config.signingtable is not None else ()
    return [row for row in rows if key_name(row, "%") == name]


def remove_key(made: Tables, config: DkimConfig, name: str) -> list[Edit]:
    """A key's row goes out of the KeyTable."""
    found = config.keytable.get(name, icase=False) if config.keytable is not None else None
    return [RemoveKeyRow(made.keys, name, found.value or "")] if found is not None else []
