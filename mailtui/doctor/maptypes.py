"""Types of tables: those that this Postfix does not have, and hash where its makers have left it
(`postconf -m`; NON_BERKELEYDB_README, DATABASE_README)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailtui.doctor.case import Case
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits.mapmigration import TO, migration
from mailtui.edits.plan import Plan
from mailtui.postfix import postconf
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.mapmentions import Place, Use, places, uses
from mailtui.postfix.paramtypes import type_of
from mailtui.text.safe import safe

_SHOWN = 4
_PACKAGES = {"pcre": "pcre", "ldap": "ldap", "mysql": "mysql", "pgsql": "pgsql", "sqlite": "sqlite"}
"""Types that are a package of their own, postfix-X (Debian, Fedora)."""


def findings(case: Case) -> Iterator[Finding]:
    """Of main.cf and the services; a table that a restriction asks is told of with the rule, unless it is of
    Berkeley DB."""
    try:
        types = postconf.table_types()
        found = places(case.instance)
        berkeley = uses(case.instance, found)
    except (postconf.PostconfError, InstanceError):
        return  # nothing to compare with; what is unreadable is told of elsewhere
    yield from _berkeley(case, berkeley, types)
    yield from _others(case, found, types)


# hash and btree


def _berkeley(case: Case, found: list[Use], types: Collection[str]) -> Iterator[Finding]:
    gone = [use for use in found if use.spec.type not in types]
    if gone:
        yield _gone(case, gone, types)
    elif found and (to := _left_for(case, types)):
        yield _leaving(case, found, to)


def _gone(case: Case, gone: list[Use], types: Collection[str]) -> Finding:
    """Tables that no program of this Postfix can open."""
    severity: Severity = "error"
    harm = "every lookup in them fails: mail that needs one is answered with 451 or waits in the queue"
    if _redirected(case):
        severity = "advice"
        harm = "non_bdb_migration_level has Postfix open another type in their place, for the time being"
    to = next((each for each in TO if each in types), "")
    plan, more = _moved(case, to)
    kinds = " and ".join(dict.fromkeys(use.spec.type for use in gone))
    otherwise = (
        "cannot be mended by an edit: neither lmdb nor cdb is there to move them to; install postfix-lmdb,"
        " then mailtui table migrate --to lmdb"
    )
    return _told(
        case, "hash-gone", severity, f"this Postfix has no {kinds} tables, and {_names(gone)}", gone,
        f"postconf -m does not name {kinds}: Berkeley DB was left out of it; {harm}{more}",
        (plan, f"mailtui table migrate --to {to}" if to else otherwise),
    )  # fmt: skip


def _leaving(case: Case, found: list[Use], to: str) -> Finding:
    plan, more = _moved(case, to)
    return _told(
        case, "hash-leaving", "advice", f"{_names(found)}, a type that is going away", found,
        f"whoever built this Postfix makes new tables of type {to} (default_database_type), and Berkeley DB"
        f" is left out of newer systems: after an upgrade these could not be opened{more}",
        (plan, f"mailtui table migrate --to {to}"),
    )  # fmt: skip


def _told(
    case: Case,
    kind: str,
    severity: Severity,
    title: str,
    found: list[Use],
    why: str,
    fix: tuple[Plan | None, str],
) -> Finding:
    first = found[0].places[0]
    services = tuple(dict.fromkeys(p.service for use in found for p in use.places if p.service))
    return Finding(
        kind, severity, title, first.target(case.instance).path, first.line, why, fix[0], fix[1],
        services if all(p.service for use in found for p in use.places) else (), about=About("migrate"),
    )  # fmt: skip


def _moved(case: Case, to: str) -> tuple[Plan | None, str]:
    """All tables moved, and what is to be known of those that stay."""
    if not to:
        return None, ""
    made = migration(case.instance, to)
    stay = [safe(str(row.spec)) for row in made.rows if row.what == "stays"]
    more = f"; {', '.join(stay[:_SHOWN])} cannot be moved by it (:migrate says why)" if stay else ""
    return (case.tried(made.plan) if not made.plan.refused else None), more


def _names(found: list[Use]) -> str:
    named = ", ".join(safe(use.spec.path.rpartition("/")[2]) for use in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{named}{more} {'is' if len(found) == 1 else 'are'} of {' and '.join(_kinds(found))}"


def _kinds(found: list[Use]) -> list[str]:
    return list(dict.fromkeys(use.spec.type for use in found))


def _redirected(case: Case) -> bool:
    """Whether Postfix (since 3.11) opens another type where hash is named."""
    name = "non_bdb_migration_level"
    return case.instance.parameters.default(name) is not None and case.setting(name) not in {"", "disable"}


def _left_for(case: Case, types: Collection[str]) -> str:
    """The type that this Postfix was built to use in the place of hash; empty where that is hash itself."""
    built = case.instance.parameters.default("default_database_type") or ""
    return built if built in TO and built in types else ""


# Other types


def _others(case: Case, found: list[Place], types: Collection[str]) -> Iterator[Finding]:
    """One finding for each type that is missing."""
    lacking: dict[str, list[tuple[Place, Lookup]]] = {}
    for place in found:
        if ":" not in place.text or type_of(case.instance, place.name).kind not in {"maps", "match", "cache"}:
            continue
        for item in split_list(place.expanded(case.instance)):
            table = parse_map(item.lstrip("!"), place.name, case.instance.config_dir)
            if not table.error and table.type in _KNOWN and table.type not in types:
                lacking.setdefault(table.type, []).append((place, table))
    for kind, named in lacking.items():
        yield _lacking(case, kind, named)


_KNOWN = frozenset((*_PACKAGES, *TO, "sdbm", "dbm", "memcache", "socketmap", "nis"))


def _lacking(case: Case, kind: str, named: list[tuple[Place, Lookup]]) -> Finding:
    place, table = named[0]
    names = list(dict.fromkeys(safe(each.title) for each, _ in named))
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else "")
    do = f"install postfix-{kind}, then reload" if kind in {*_PACKAGES, *TO} else "use another type"
    return Finding(
        "table-type", "error",
        f"this Postfix has no {kind} tables, and {shown} name{'s' * (not names[1:])} one",
        place.target(case.instance).path, place.line,
        f"postconf -m does not name {kind}: whoever opens {safe(table.spec)} fails, and the mail waits in the"
        " queue", None, f"cannot be mended by an edit: {do}",
    )  # fmt: skip
