"""What a Berkeley DB hash file holds, as digests: so that two sasldb of the same accounts can be compared.

Berkeley DB writes another page order, another file id and another log number into every file, so equal
databases differ as bytes. Nothing here is kept in clear: a value leaves as its digest with a salt of this
process. Little-endian files of the versions 8 to 10 (Berkeley DB 4 to 18); any other is None.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from struct import Struct

_MAGIC = 0x061561
_META = Struct("<12xII I")
"""Of the first page: magic, version, page size (dbinc/db_page.h, DBMETA)."""
_PAGE = Struct("<20xHHBB")
"""Of every page: entries, first free byte, level, type."""
_HEAD = 26
_HASH_PAGES = (2, 13)
_IN_PAGE = 1
_SALT = os.urandom(16)


def pairs(raw: bytes) -> Mapping[bytes, bytes] | None:
    """Key → digest of its value, for each pair of the file; None where it is no such file, or one with
    values that need pages of their own."""
    if len(raw) < 72:
        return None
    magic, version, size = _META.unpack_from(raw)
    if magic != _MAGIC or not 8 <= version <= 10 or size < 512 or size & (size - 1) or len(raw) % size:
        return None
    found: dict[bytes, bytes] = {}
    for start in range(size, len(raw), size):
        items = _items(raw[start : start + size])
        if items is None:
            return None
        for key, value in zip(items[::2], items[1::2], strict=False):
            found[key] = hashlib.blake2b(value, key=_SALT, digest_size=16).digest()
    return found


def _items(page: bytes) -> list[bytes] | None:
    """Keys and values of a page in turn; nothing of a page of another kind."""
    entries, _, _, kind = _PAGE.unpack_from(page)
    if kind not in _HASH_PAGES:
        return []
    if _HEAD + 2 * entries > len(page):
        return None
    found, end = [], len(page)
    for number in range(entries):
        start = int.from_bytes(page[_HEAD + 2 * number : _HEAD + 2 * number + 2], "little")
        if not _HEAD <= start < end or page[start] != _IN_PAGE:
            return None
        found.append(page[start + 1 : end])
        end = start
    return found


def cut_short(head: bytes, length: int) -> bool:
    """Whether a file of this length, which begins so, ends before its last page: Berkeley DB takes what is
    left for all there is."""
    if len(head) < 72 or _META.unpack_from(head)[0] != _MAGIC:
        return False
    size, last = int.from_bytes(head[20:24], "little"), int.from_bytes(head[32:36], "little")
    return length < size * (last + 1)


def passwords(raw: bytes) -> Mapping[tuple[str, str], bytes] | None:
    """(user, realm) → digest of all that the account has; None as `pairs`. A key is `user NUL realm NUL
    property` (lib/db_berkeley.c of Cyrus SASL)."""
    held = pairs(raw)
    if held is None:
        return None
    found: dict[tuple[str, str], bytes] = {}
    for key in sorted(held):
        user, _, rest = key.partition(b"\0")
        realm, _, name = rest.partition(b"\0")
        who = (user.decode("utf-8", "surrogateescape"), realm.decode("utf-8", "surrogateescape"))
        found[who] = found.get(who, b"") + name + held[key]
    return found
