"""In which order milters stand: each sees the message as those before it left it (MILTER_README).

What refuses or changes mail comes first, then opendkim: whatever changes a message behind it breaks the
signature. opendmarc reads what opendkim found out (Authentication-Results), so it comes behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

ORDER = ("clamav-milter", "spamass-milter", "rspamd proxy", "unknown", "opendkim", "opendmarc")
"""The programs in the order that is proposed; one that is not known may change mail."""


def rank(name: str) -> int:
    """The place of a program in the order that is proposed."""
    return ORDER.index(name if name in ORDER else "unknown")


def place_for(name: str, names: Sequence[str]) -> int:
    """Before which of the milters of a list (by their programs, in order) a new one goes; the length of the
    list for the end."""
    mine = rank(name)
    behind = [at for at, each in enumerate(names) if rank(each) <= mine]
    return behind[-1] + 1 if behind else 0


def why_here(name: str) -> str:
    """Why a program is proposed to stand where it does."""
    return {
        "clamav-milter": "first: what carries a virus need not be judged or signed",
        "opendkim": "behind what changes mail, which would break its signature; before opendmarc",
        "opendmarc": "behind opendkim, whose results it reads",
    }.get(name, "before opendkim: what changes mail behind it breaks the signature")


def wrong_pairs(names: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of milters that stand in the wrong order for certain, by their numbers: opendmarc before
    opendkim; opendkim before one that changes mail."""
    first, pairs = {"opendmarc": "opendkim"}, []
    changes = ("spamass-milter", "rspamd proxy", "clamav-milter")
    for at, name in enumerate(names):
        for other in range(at + 1, len(names)):
            below = names[other]
            if first.get(name) == below or (name == "opendkim" and below in changes):
                pairs.append((at, other))
    return pairs
