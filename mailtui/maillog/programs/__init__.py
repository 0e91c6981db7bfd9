"""What each program's lines say, one module for a family of programs, read when its first line comes.

A daemon that is not named here only complains (trivial-rewrite, tlsmgr, proxymap …), which needs no shape.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from mailtui.maillog.programs.shape import Table

_ROOM = "mailtui.maillog.programs."
_POSTFIX_BY_ROOM = {
    "server": "smtpd qmqpd",
    "postscreen": "postscreen tlsproxy dnsblog",
    "queue": "cleanup qmgr oqmgr pickup bounce postsuper",
    "delivery": "smtp lmtp local virtual pipe error retry defer discard",
    "services": "anvil scache verify master postfix-script postdrop sendmail",
}
_OTHERS_BY_ROOM = {
    "dovecot": "dovecot dovecot-auth auth auth-worker lmtp imap-login pop3-login managesieve-login "
    "submission-login",
    "amavis": "amavis amavisd amavisd-new",
    "milters": "opendkim opendmarc policyd-spf pyspf-milter postgrey clamav-milter clamd clamsmtpd rspamd "
    "rspamd_proxy spamd spamd-child saslauthd",
}
_POSTFIX = {daemon: room for room, names in _POSTFIX_BY_ROOM.items() for daemon in names.split()}
_OTHERS = {program: room for room, names in _OTHERS_BY_ROOM.items() for program in names.split()}


@lru_cache(maxsize=256)
def table(process: str) -> Table:
    """The shapes of a program's lines; an empty table for a program nobody knows.

    `process` is the name as logged: of Postfix the last part counts (`postfix-out/submission/smtpd`), since
    syslog_name and the service's own name stand before it.
    """
    _before, slash, daemon = process.rpartition("/")
    program = daemon if slash else process.partition("(")[0].lower()
    module = (_POSTFIX if slash else _OTHERS).get(program)
    return _read(module, program) if module is not None else Table()


@lru_cache(maxsize=64)
def _read(module: str, program: str) -> Table:
    return Table(import_module(_ROOM + module).shapes(program))
