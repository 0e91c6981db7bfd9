"""The tables of a session's checks: asked as Postfix asks them, many keys in one run, each once.

What counts is what smtpd(8) will find. A table that is compiled is its compiled copy, unless a draft changes
its text: then it is what the text holds, for it is compiled when the draft is written. Patterns that a draft
changes are tried on a private copy of their text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from mailtui.postfix import private
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED, PATTERNS, Answer, Lookup, parse_map, split_list
from mailtui.text.safe import encode, safe

_IN_FILES = frozenset({*INDEXED, *PATTERNS, "texthash"})


class Tables:
    """The tables of one state of an instance. Every answer is remembered."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lookups: dict[str, Lookup] = {}
        self._answers: dict[tuple[str, str], Answer] = {}
        self._wanted: dict[str, dict[str, None]] = {}
        self._disk = Files()
        self.seconds = 0.0
        """Spent in looking up so far."""

    def get(self, table: str, keys: Sequence[str]) -> list[Answer]:
        """What `type:name` answers for exactly these keys, in their order."""
        self._fetch(table, keys)
        return [self._answers[table, key] for key in keys]

    def want(self, table: str, keys: Iterable[str]) -> None:
        """These keys may be asked for: `fetch` asks for them in one run."""
        self._wanted.setdefault(table, {}).update(dict.fromkeys(keys))

    def fetch(self) -> None:
        """Ask for all that is wanted."""
        wanted, self._wanted = self._wanted, {}
        for table, keys in wanted.items():
            self._fetch(table, list(keys))

    def lookup(self, table: str) -> Lookup:
        """The table that `type:name` is, a relative path as the daemons take it."""
        if table not in self._lookups:
            found = parse_map(table, "", self._instance.config_dir, self._alias_paths)
            if not found.error and found.type in _IN_FILES and found.path[:1] not in {"/", "{"}:
                found = replace(found, path=os.path.join(self._instance.queue_directory, found.path))
            if found.proxied and table not in split_list(self._readable_by_proxy()):
                found = replace(found, error="proxymap may not read it: it is not in proxy_read_maps")
            self._lookups[table] = found
        return self._lookups[table]

    @cached_property
    def _alias_paths(self) -> frozenset[str]:
        """The files of aliases(5), which local_recipient_maps names too."""
        return self._instance.alias_paths

    def _readable_by_proxy(self) -> str:
        return self._instance.parameters.expanded("proxy_read_maps")

    def _fetch(self, table: str, keys: Sequence[str]) -> None:
        missing = [key for key in dict.fromkeys(keys) if (table, key) not in self._answers]
        if not missing:
            return
        found = self._ask(self.lookup(table), [encode(key) for key in missing])
        self._answers.update({(table, key): answer for key, answer in zip(missing, found, strict=True)})

    def _ask(self, lookup: Lookup, keys: list[bytes]) -> list[Answer]:
        if lookup.error:
            return lookup.get_many(keys, self._instance.files)
        if lookup.editable and self._text_counts(lookup):
            return lookup.get_many(keys, self._instance.files)
        if lookup.has_file and lookup.type in PATTERNS and self._staged(lookup.path):
            return self._on_copy(lookup, keys)
        if lookup.type == "static":
            return lookup.get_many(keys, self._instance.files)
        return lookup.live(keys)

    def _text_counts(self, lookup: Lookup) -> bool:
        compiled = lookup.compiled()
        return compiled is None or (compiled.exists and not compiled.older) or self._staged(lookup.path)

    def _staged(self, path: str) -> bool:
        """Whether a draft changes the file."""
        if isinstance(self._instance.files, Files):
            return False
        try:
            ours = self._instance.files.raw(path)
        except OSError:
            return False
        try:
            return ours != self._disk.raw(path)
        except OSError:
            return True

    def _on_copy(self, lookup: Lookup, keys: list[bytes]) -> list[Answer]:
        """Ask the text of a draft. What postmap says of the copy is said of the file."""
        name = os.path.basename(lookup.path)
        try:
            with private.looked_at({name: self._instance.files.raw(lookup.path)}) as folder:
                copy = os.path.join(folder, name)
                found = replace(lookup, path=copy).live(keys)
        except OSError as error:
            return [Answer(problem=f"{safe(lookup.spec)}: {error.strerror or error}")] * len(keys)
        return [each._replace(problem=each.problem.replace(copy, lookup.path)) for each in found]
