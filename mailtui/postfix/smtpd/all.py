"""Every restriction that smtpd knows, registered in `outcome.RESTRICTIONS` by importing this."""

from __future__ import annotations

from mailtui.postfix.smtpd import (  # noqa: F401  # imported for what they register
    checks,
    dnslists,
    listed,
    logins,
    mxbackup,
    names,
    permits,
    plain,
    policy,
    serveraccess,
    syntax,
    verified,
)
