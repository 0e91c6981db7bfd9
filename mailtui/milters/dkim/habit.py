"""How this server names its keys: where a new one goes, and what it is called, after those that there are."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import KeyRow
from mailtui.milters.dkim.place import key_folder

_DOMAIN, _SELECTOR = "\0d", "\0s"


def key_path(config: DkimConfig, rows: Sequence[KeyRow], domain: str, selector: str) -> str:
    """Where the key file of a new selector goes: named as the others are, if their names tell domain and
    selector apart, else DOMAIN/SELECTOR.private in their folder."""
    shapes = Counter(_shape(row) for row in rows if row.key_file.startswith("/"))
    for shape, _ in shapes.most_common():
        if _DOMAIN in shape and _SELECTOR in shape:
            return shape.replace(_DOMAIN, domain).replace(_SELECTOR, selector)
    folders = Counter(os.path.dirname(row.key_file) for row in rows if row.key_file.startswith("/"))
    folder = folders.most_common(1)[0][0] if folders else key_folder(config)
    own = {row.domain for row in rows if os.path.dirname(row.key_file) == folder}
    if own == {domain} and os.path.basename(folder) != domain and _plain(rows):
        return os.path.join(folder, f"{selector}.private")
    return os.path.join(folder, domain, f"{selector}.private")


def _plain(rows: Iterable[KeyRow]) -> bool:
    """Whether a file is called by its selector alone, as opendkim-genkey does."""
    return any(os.path.basename(row.key_file) == f"{row.selector}.private" for row in rows)


def _shape(row: KeyRow) -> str:
    """A path with domain and selector taken out of its last two parts, where they are words of their own."""
    above, file = os.path.split(row.key_file)
    top, last = os.path.split(above)
    return os.path.join(top, _taken_out(row, last), _taken_out(row, file)) if row.domain else ""


def _taken_out(row: KeyRow, text: str) -> str:
    for word, mark in ((row.domain, _DOMAIN), (row.selector, _SELECTOR)):
        if word:
            text = re.sub(rf"(?<![A-Za-z0-9\0]){re.escape(word)}(?![A-Za-z0-9])", mark, text)
    return text


def key_name(rows: Sequence[KeyRow], domain: str, selector: str) -> str:
    """What the row of a new key is called in the KeyTable: as the others, else as opendkim's own examples."""
    shapes = Counter(_taken_out(row, row.name) for row in rows if row.name)
    for shape, _ in shapes.most_common():
        if _DOMAIN in shape and _SELECTOR in shape:
            name = shape.replace(_DOMAIN, domain).replace(_SELECTOR, selector)
            break
    else:
        name = f"{selector}._domainkey.{domain}"
    taken = {row.name for row in rows}
    number = 2
    while name in taken:
        name, number = f"{selector}._domainkey.{domain}-{number}", number + 1
    return name


def new_selector(taken: Iterable[str], now: float | None = None) -> str:
    """A selector that no key of the domain had: year and month, as `mail202611`."""
    moment = time.localtime(time.time() if now is None else now)
    base = time.strftime("mail%Y%m", moment)
    used = set(taken)
    if base not in used:
        return base
    letters = (f"{base}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")
    return next((each for each in letters if each not in used), f"{base}-{len(used)}")
