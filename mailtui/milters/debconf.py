"""Filter files that a Debian package writes from debconf's answers (clamav-milter.conf, clamd.conf), and what
is lost where it writes them anew.

The package's script reads the file, puts what it knows of it into a new one, and gives that to ucf(1): a file
that nobody has changed since is replaced, for any other ucf asks. Unattended it keeps the admin's, and puts
the new one beside it as `.ucf-dist`. With the answer `PACKAGE/debconf` false it leaves the file alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5

from mailtui.formats.keywords import KeywordDocument
from mailtui.postfix.debconf import answers
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, safe

HASHES = "/var/lib/ucf/hashfile"
"""The files that ucf looks after, each with the hash of what a package wrote last."""
SCRIPTS = "/var/lib/dpkg/info"
_NAME = re.compile(rb'^(?:.*\becho ")?([A-Z]\w+) \$', re.MULTILINE)
"""A keyword that the script writes: `echo "Name $value"`, or a line of a here-document."""
_MEGABYTES = frozenset({"MaxFileSize"})
"""Sizes behind which clamav-milter's script puts an `M`, whatever unit they have."""


@dataclass(frozen=True)
class Rewritten:
    """A file that its package may write anew. `lost`: what the new one would not have, in words; `broken`: a
    keyword that it would write so that the program does not start, empty for none."""

    package: str
    lost: tuple[str, ...]
    broken: str = ""

    @property
    def command(self) -> str:
        """What has the package leave the file alone."""
        return f"echo {self.package} {self.package}/debconf boolean false | debconf-set-selections"


def rewritten(instance: Instance, package: str, path: str, document: KeywordDocument) -> Rewritten | None:
    """What a package would make of a file; None where it is not its, is as it wrote it, or is left alone."""
    script = _raw(instance, os.path.join(SCRIPTS, f"{package}.postinst"))
    hashes = _hashes(instance, path)
    if not script or not hashes or md5(document.raw, usedforsecurity=False).hexdigest() in hashes:
        return None
    if answers(instance, package).get("debconf") == "false":
        return None
    names = {decode(each) for each in _NAME.findall(script)}
    return Rewritten(package, tuple(_lost(document, names)), _broken(package, document))


def _hashes(instance: Instance, path: str) -> set[str]:
    found = (line.partition("  ") for line in decode(_raw(instance, HASHES)).splitlines())
    return {digest for digest, _, name in found if name == path}


def _raw(instance: Instance, path: str) -> bytes:
    try:
        return instance.files.raw(path)
    except OSError:
        return b""


def _lost(document: KeywordDocument, names: set[str]) -> Iterator[str]:
    """Comments but the script's own, keywords that it does not know, all but the first of several."""
    own = (b"#Automatically Generated", b"#To reconfigure", b"#Please read", b"# TemporaryDirectory is")
    lines = [line for line in document.raw.splitlines() if line.lstrip().startswith(b"#")]
    comments = [line for line in lines if not line.startswith((*own, b"# the default with environment"))]
    if comments:
        yield f"{len(comments)} comment{'s' if len(comments) > 1 else ''}"
    said: set[str] = set()
    for each in document.entries:
        if not each.enabled or each.name in said:
            continue
        said.add(each.name)
        more = len(document.every(each.name)) - 1
        if each.name not in names:
            yield safe(each.name, 40)
        elif more and each.name in document.grammar.repeated:
            yield f"{safe(each.name, 40)} but for the first"


def _broken(package: str, document: KeywordDocument) -> str:
    if package != "clamav-milter":
        return ""
    for name in _MEGABYTES:
        value = decode(document.value(name) or b"")
        if value and not value.rstrip("M").isdecimal():
            return f"{name} {safe(value, 20)} becomes {safe(value.replace('M', ''), 20)}M"
    return ""
