"""What postconf says of main.cf and master.cf as they would be. Only what the change adds stops it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from mailtui import commands
from mailtui.apply.finding import Finding
from mailtui.postfix import postconf
from mailtui.postfix.private import copied
from mailtui.text.safe import decode, safe

MISSPELT = 0.89
"""How alike two names are, from 0 to 1, of which one is taken for a slip in the other: relay_host and
relayhost are, mua_client_restrictions and smtpd_client_restrictions are two names."""
_WHERE = re.compile(
    r"(?:file )?(?P<path>\S*?(?:main|master)\.cf)(?:[,:] line (?P<line>\d+))?: (?P<text>.*)", re.DOTALL
)
_NAMED = re.compile(r"(?:unused|undefined) parameter: (?P<name>[^=\s]+)")


def _postconf(main: bytes, master: bytes, config_dir: str) -> list[tuple[bool, str]]:
    """What postconf complains of in these bytes: whether it is fatal, and its words with the real paths."""
    with copied(main, master) as folder:
        result = commands.ask(["postconf", "-c", folder, "-n"])
        said = decode(result.err).replace(folder, config_dir).splitlines()
    if result.status < 0:  # it judged nothing, of these files or of the present ones
        raise commands.CommandError(result.argv, result.words)
    found = [(": fatal: " in line or ": panic: " in line, line.partition(": ")[2]) for line in said]
    if not result.ok and not any(fatal for fatal, _ in found):
        found.append((True, f"fatal: postconf ended with status {result.status}"))
    return found


def _without_lines(text: str) -> str:
    """What a complaint is about: wherever its line is now, and whatever an unused name is set to."""
    bare = re.sub(r"(unused parameter: [^=\s]+)=.*", r"\1", text, flags=re.DOTALL)
    return re.sub(r"line \d+", "line", bare)


def _looks_misspelt(text: str, name: str) -> bool:
    """Whether an unused name is nearly one of Postfix's own. Any other may be a restriction class or a macro
    that the next change uses: names must be there before what names them."""
    if "unused parameter" not in text:
        return True
    import difflib

    try:
        known = postconf.defaults(b"")
    except postconf.PostconfError:
        return True
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=MISSPELT))


def check_config(
    config_dir: str, before: tuple[bytes, bytes], after: tuple[bytes, bytes], touched: Iterable[str]
) -> list[Finding]:
    """What postconf says of main.cf and master.cf (in this order) as they would be.

    A complaint that the present files do not give stops the change, unless it is about a parameter that
    is not among the `touched` (one that became unused, say), or about an unused name that is not a slip in
    one of Postfix's own. Raises CommandError and OSError.
    """
    said = _postconf(*after, config_dir)
    if not said:
        return []
    old = Counter(_without_lines(text) for _, text in _postconf(*before, config_dir))
    names = set(touched)
    findings = []
    for fatal, text in said:
        is_new = old[_without_lines(text)] <= 0
        old[_without_lines(text)] -= 1
        named = _NAMED.search(text)
        ours = named is None or (named["name"] in names and _looks_misspelt(text, named["name"]))
        findings.append(_config_finding(text, stop=(is_new and ours) or (fatal and is_new)))
    return findings


def _config_finding(text: str, *, stop: bool) -> Finding:
    words = text.partition(": ")[2] or text
    place = _WHERE.match(words)
    if place is None:
        return Finding(stop, safe(words))
    line = int(place["line"]) if place["line"] else None
    return Finding(stop, safe(place["text"]), place["path"], line)
