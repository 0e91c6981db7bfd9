"""What opendkim.conf says of signing: its keywords with their defaults, and the data sets that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mailtui.formats.keywords import KeywordDocument
from mailtui.milters.dkim.datasets import DataSet, read
from mailtui.postfix.files import Reader, problem_words
from mailtui.text.safe import decode, safe

DEPTH = 5
"""Files that may include each other; opendkim gives up at its own limit too."""


class Keyword(NamedTuple):
    """A keyword that is set, and where. `line` counts from 1."""

    text: str
    file: str
    line: int


@dataclass(frozen=True)
class DkimConfig:
    """One opendkim.conf with what it includes. `problems`: files of it that cannot be read."""

    path: str
    keywords: Mapping[str, Keyword]
    files: Reader
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str, files: Reader) -> DkimConfig:
        """Never raises: a file that cannot be read is in `problems`."""
        problems: list[str] = []
        keywords = dict(_words(path, files, problems, DEPTH))  # the last of several holds
        return cls(path, keywords, files, tuple(problems))

    def text(self, name: str, default: str = "") -> str:
        """The value of a keyword, whatever its case."""
        found = self.keywords.get(name.lower())
        return found.text if found is not None else default

    def yes(self, name: str, *, default: bool) -> bool:
        """A boolean: by its first letter alone."""
        text = self.text(name)
        return text[0] in "TtYy1" if text else default

    def line(self, name: str) -> int | None:
        """Where a keyword is set."""
        found = self.keywords.get(name.lower())
        return found.line if found is not None else None

    @property
    def mode(self) -> str:
        """Mode: `s` signs, `v` verifies."""
        return self.text("Mode", "sv")

    @property
    def signs(self) -> bool:
        return "s" in self.mode

    @property
    def subdomains(self) -> bool:
        return self.yes("SubDomains", default=False)

    @property
    def multiple(self) -> bool:
        """MultipleSignatures: every entry that fits signs, and not only the first."""
        return self.yes("MultipleSignatures", default=False)

    @property
    def safe_keys(self) -> bool:
        """RequireSafeKeys: a key that others may read or replace is not used."""
        return self.yes("RequireSafeKeys", default=True)

    @property
    def user(self) -> str:
        """UserID: as whom opendkim runs, `user` or `user:group`."""
        return self.text("UserID")

    @property
    def algorithm(self) -> str:
        """SignatureAlgorithm, one for all keys."""
        return self.text("SignatureAlgorithm", "rsa-sha256")

    @property
    def selector(self) -> str:
        """Selector; of no use where there is a KeyTable."""
        return self.text("Selector")

    @property
    def key_file(self) -> str:
        """KeyFile; of no use where there is a KeyTable."""
        return self.text("KeyFile")

    @property
    def tables(self) -> bool:
        """Whether keys are found by KeyTable and SigningTable, and not by Domain, KeyFile and Selector."""
        return self.keytable is not None

    @cached_property
    def keytable(self) -> DataSet | None:
        return self._set("KeyTable")

    @cached_property
    def signingtable(self) -> DataSet | None:
        return self._set("SigningTable")

    @cached_property
    def domains(self) -> DataSet | None:
        """Domain, where it counts: with a KeyTable it does not."""
        return None if self.tables else self._set("Domain")

    def _set(self, name: str) -> DataSet | None:
        value = self.text(name)
        return read(value, self.files) if value else None


def _words(path: str, files: Reader, problems: list[str], depth: int) -> Iterator[tuple[str, Keyword]]:
    try:
        raw = files.raw(path)
    except OSError as error:
        problems.append(problem_words(error, path))
        return
    for entry in KeywordDocument.parse(raw, "opendkim.conf").entries:
        if not entry.enabled:
            continue
        name, value = entry.name.lower(), decode(entry.value)
        if name != "include":
            yield name, Keyword(value, path, entry.line)
        elif depth:
            yield from _words(value, files, problems, depth - 1)
        else:
            problems.append(f"{safe(path)}: files include each other without an end")
