"""The users of this machine, as local(8) and unix:passwd.byname see them."""

from __future__ import annotations

import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalUser:
    """An account that local(8) can deliver to."""

    name: str
    home: str
    uid: int
    shell: str = ""


class LocalUsers:
    """The system's user database. One answer never lists it whole: it may be a directory service."""

    def find(self, name: str) -> LocalUser | None:
        """The account of that name; None also for a name that no account can have."""
        try:
            found = pwd.getpwnam(name)
        except (KeyError, ValueError, UnicodeEncodeError):
            return None
        return LocalUser(found.pw_name, found.pw_dir, found.pw_uid, found.pw_shell)

    def names(self, prefix: str, limit: int) -> list[str]:
        """At most `limit` account names that begin with `prefix`, in order."""
        return sorted(one.pw_name for one in pwd.getpwall() if one.pw_name.startswith(prefix))[:limit]
