"""What the argument of a rule is: its table and number of keys, the classes in it, what asking it costs."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtui.formats.lines import Lines
from mailtui.postfix.catalogue import sentence, words_of
from mailtui.postfix.chainread import classes_named
from mailtui.postfix.chainrows import Cost
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.restrictiontext import Spends
from mailtui.postfix.smtpd.chain import Rule
from mailtui.text.safe import decode

_LOGINS = frozenset(name for name in ARGUMENTS if name.endswith("login_mismatch"))


class Facts(NamedTuple):
    """`says`: one sentence with the argument. `table`: the table that it asks, as written; empty for none."""

    says: str
    cost: Cost
    classes: tuple[str, ...] = ()
    table: str = ""


def _cost(name: str, argument: str, spends: Spends) -> Cost:
    """What a rule without a table of its own costs."""
    match spends:
        case "dns":
            return Cost("dns", None, "DNS")
        case "socket":
            return Cost("socket", None, "socket")
        case "probe":
            return Cost("probe", None, "a probe, cached")
        case "time":
            return Cost("time", None, f"{argument} s")
        case "table" if name in _LOGINS:
            return Cost("table", None, "smtpd_sender_login_maps")
        case "table" if "unlisted" in name or name == "check_recipient_maps":
            return Cost("table", None, "tables of users")
        case "table":
            return Cost("table", None, "table")
    return Cost()


_Key = tuple[str, int, int, tuple[str, ...]]
_CACHE: dict[_Key, tuple[int, tuple[str, ...]]] = {}
_CACHED = 256


class TableFacts:
    """The facts of the rules of one instance."""

    def __init__(self, instance: Instance, classes: tuple[str, ...]) -> None:
        self._instance, self._classes = instance, classes

    def of(self, rule: Rule, default: str) -> Facts:
        """`default`: the check that a bare table stands for in this list; empty where there is none."""
        if rule.is_class:
            return Facts(f"Goes through the restriction class {rule.name}.", Cost(), (rule.name,))
        name = rule.name.lower() or default
        if not rule.argument and not rule.name:
            return Facts("Softens nothing: no rule follows.", Cost())
        if not name:
            return Facts("A table without the check_…_access that says what to look up in it.", Cost())
        found = words_of(name)
        if found is None:
            return Facts("smtpd does not know this: clients that come to it get 451.", Cost())
        says = sentence(name, rule.argument)
        kind = ARGUMENTS[name]
        if kind in {"table", "ccert"} and rule.argument:
            return self._table(rule, says, dns=found.spends == "dns table")
        return Facts(says, _cost(name, rule.argument, found.spends))

    def _table(self, rule: Rule, says: str, *, dns: bool) -> Facts:
        table = rule.argument
        if table.startswith("{"):
            table = next(iter(split_list(table[1:-1])), "")
        lookup = parse_map(table, config_dir=self._instance.config_dir)
        keys, classes = self._content(lookup)
        text = "table" if keys is None else f"{keys} key{'' if keys == 1 else 's'}"
        if keys is None and lookup.type in {"static", "inline"}:
            text = ""
        both = f"DNS, {text}" if dns and text else "DNS" if dns else text
        return Facts(says, Cost("dns" if dns else "table", keys, both), classes, table)

    def _content(self, lookup: Lookup) -> tuple[int | None, tuple[str, ...]]:
        """How many keys a table has (None: cannot be counted) and which classes its values name."""
        if lookup.error or not lookup.has_file:
            return None, self._named(lookup.path) if lookup.type in {"inline", "static"} else ()
        files = self._instance.files
        try:
            raw = files.raw(lookup.path)
        except OSError:
            return None, ()
        key = (lookup.written, len(raw), hash(raw), self._classes)
        held = _CACHE.get(key)
        if held is None:
            if len(_CACHE) >= _CACHED:
                _CACHE.clear()
            held = _CACHE[key] = self._counted(lookup, raw), self._in_text(raw)
        return held

    def _counted(self, lookup: Lookup, raw: bytes) -> int:
        """The keys in force of a table, or the rules of a text of patterns."""
        target = lookup.target
        if target is None:
            return len(Lines(raw).firsts)
        index = entries(self._instance.files, target).index
        return len(index.heads) - len(index.off)

    def _in_text(self, raw: bytes) -> tuple[str, ...]:
        """The classes in the values of a text: its lines are `key value`, comments begin with #."""
        if not self._classes:
            return ()
        wanted = b"|".join(re.escape(name.encode("utf-8", "surrogateescape")) for name in self._classes)
        found: list[str] = []
        for match in re.finditer(rb"(?<=[\s,])(?:" + wanted + rb")(?=[\s,]|\Z)", raw):
            begin = raw.rfind(b"\n", 0, match.start()) + 1
            if raw[begin : match.start()].lstrip()[:1] == b"#":
                continue
            end = raw.find(b"\n", match.end())
            line = raw[begin : end if end >= 0 else len(raw)]
            value = line.split(None, 1)[1:] if not line[:1].isspace() else [line]
            if value:
                found += classes_named(decode(value[0].strip()), self._classes)
        return tuple(dict.fromkeys(found))

    def _named(self, text: str) -> tuple[str, ...]:
        """The classes named anywhere in the text of an inline or static table."""
        words = re.split(r"[\s,={}]+", text)
        return tuple(name for name in self._classes if name in words)
