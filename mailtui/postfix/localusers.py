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
    gid: int = -1


class LocalUsers:
    """The system's user database. One answer never lists it whole: it may be a directory service."""

    def find(self, name: str) -> LocalUser | None:
        """The account of that name; None also for a name that no account can have."""
        try:
            found = pwd.getpwnam(name)
        except (KeyError, ValueError, UnicodeEncodeError):
            return None
        return _user(found)

    def all(self) -> list[LocalUser]:
        """Every account that the system lists, in its order; of one name the first. A directory service may
        know further ones."""
        return list({one.pw_name: _user(one) for one in reversed(pwd.getpwall())}.values())[::-1]

    def names(self, prefix: str, limit: int) -> list[str]:
        """At most `limit` account names that begin with `prefix`, in order."""
        return sorted(one.pw_name for one in pwd.getpwall() if one.pw_name.startswith(prefix))[:limit]


def _user(found: pwd.struct_passwd) -> LocalUser:
    return LocalUser(found.pw_name, found.pw_dir, found.pw_uid, found.pw_shell, found.pw_gid)
