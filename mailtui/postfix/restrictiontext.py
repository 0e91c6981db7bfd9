"""The shape of what is said of a restriction."""

from __future__ import annotations

from typing import Literal, NamedTuple

Needs = Literal["", "client", "helo", "sender", "recipient", "etrn"]
Spends = Literal["", "table", "dns", "dns table", "socket", "probe", "time"]


class Words(NamedTuple):
    """`says`: what it does. `wise`: when to use it, and what to mind. `needs`: what must be known of the
    session; without it smtpd passes the rule over. `words`: what an admin may search for."""

    says: str
    wise: str
    needs: Needs = ""
    spends: Spends = ""
    words: str = ""
