"""What DNS said of domains when it was last asked, kept in a folder: one file a domain, each with its time.

Nothing here is needed again: what cannot be read is not known, and what cannot be written is asked anew.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from mailtui.dns.part import DomainDns

FOLDER = "dns"
LARGEST = 1 << 20
"""Bytes of one domain's file that are read."""


class Known:
    """The answers in a folder, which need not exist."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    @property
    def there(self) -> bool:
        """Whether anything was ever kept."""
        return self._folder.is_dir()

    def of(self, domain: str) -> DomainDns | None:
        """The last answer, however old; None where there is none."""
        from mailtui.dns.part import DomainDns

        try:
            with open(self._path(domain), "rb") as stream:
                found = DomainDns.from_json(json.loads(stream.read(LARGEST)))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if found.domain.rstrip(".").lower() == domain.rstrip(".").lower() else None

    def all(self) -> Iterator[DomainDns]:
        """Every answer, by name."""
        try:
            names = sorted(os.listdir(self._folder))
        except OSError:
            return
        for name in names:
            found = self._read(name)
            if found is not None:
                yield found

    def _read(self, name: str) -> DomainDns | None:
        from urllib.parse import unquote

        return self.of(unquote(name.removesuffix(".json"))) if name.endswith(".json") else None

    def keep(self, found: DomainDns) -> str:
        """Write an answer down. What could not be asked at all does not take the place of what was known.
        Returns why it could not be written, else nothing."""
        if all(part.state == "unknown" for _, part in found.parts()) and self.of(found.domain) is not None:
            return ""
        path = self._path(found.domain)
        beside = path.with_name(f".{os.getpid()}.{path.name[:100]}")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(handle, "w", encoding="utf-8") as stream:
                json.dump(found.as_json(), stream)
            os.replace(beside, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            return f"{self._folder}: {error.strerror or error}"
        return ""

    def _path(self, domain: str) -> Path:
        name = quote(domain.rstrip(".").lower(), safe="", errors="surrogateescape")
        return self._folder / f"{name[:240]}.json"
