"""The flat files that opendkim.conf and opendmarc.conf name: KeyTable, SigningTable, lists of hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from mailtui.formats.dataset import DataSet
from mailtui.text.safe import safe

_WORD = re.compile(rb"[^\s:]+\Z")
_PATTERN = re.compile(rb"\S*[@.*]\S*\Z|localhost\Z")
_HOST = re.compile(
    rb"!?\[?(?:"
    rb"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\]|)(?:/[0-9.]+)?"
    rb"|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?(?:/[0-9]{1,3})?"
    rb"|(?:\*\.?|\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.*-]*[A-Za-z0-9_*])?|\*"
    rb")\]?\Z"
)


class KeyTable(DataSet):
    """`name domain:selector:key` (opendkim.conf(5)). The first row of a name counts; case matters."""

    unique: ClassVar[bool] = True

    def plausible(self, key: bytes, value: bytes) -> bool:  # noqa: ARG002  # the value tells
        return value.count(b":") >= 2 and not value.startswith(b":") and len(value.split()) == 1

    def fault(self, key: bytes, value: bytes) -> str:
        parts = value.split(b":", 2)
        if len(parts) < 3 or not all(parts):
            return f"{safe(key, 60)} needs domain:selector:key behind its name"
        return ""

    @staticmethod
    def fields(value: bytes) -> tuple[bytes, bytes, bytes]:
        """Domain, selector and key of a value; empty where they are missing."""
        domain, _, rest = value.partition(b":")
        selector, _, key = rest.partition(b":")
        return domain.strip(), selector.strip(), key.strip()


class SigningTable(DataSet):
    """`pattern keyname` (opendkim.conf(5), SigningTable): which key signs for whom, first match first."""

    folds: ClassVar[bool] = True

    def plausible(self, key: bytes, value: bytes) -> bool:
        return bool(_PATTERN.match(key)) and len(value.split()) == 1

    def fault(self, key: bytes, value: bytes) -> str:
        if not value:
            return f"{safe(key, 60)} names no key of the KeyTable"
        return ""


class HostList(DataSet):
    """One host, .domain, address or network a line: InternalHosts, ExternalIgnoreList, PeerList, … Behind
    `refile:` a `*` stands for anything."""

    valued: ClassVar[bool] = False
    unique: ClassVar[bool] = True
    folds: ClassVar[bool] = True

    def plausible(self, key: bytes, value: bytes) -> bool:
        return not value and bool(_HOST.match(key)) and (key.islower() or any(mark in key for mark in b".:"))

    def fault(self, key: bytes, value: bytes) -> str:
        if value:
            return f"“{safe(value, 60)}” behind {safe(key, 60)} is not read: one host a line"
        if not _HOST.match(key):
            return f"“{safe(key, 60)}” is no host, .domain, address or network"
        return ""


KINDS: Mapping[str, type[DataSet]] = {
    "keytable": KeyTable,
    "signingtable": SigningTable,
    "trustedhosts": HostList,
}
"""By format."""
