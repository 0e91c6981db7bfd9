"""Values of names, for expansions that are compared with the real postconf's."""

from __future__ import annotations

VALUES = {
    "full": "yes",
    "empty": "",
    "ten": "10",
    "zten": "010",
    "host": "mail.example",
    "chain": "<$host>",
    "deep": "${chain}${empty:$full}",
    "v310": "3.10",
    "v39": "3.9",
}
"""Names of the admin's own."""
