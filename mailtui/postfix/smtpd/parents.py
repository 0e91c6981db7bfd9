"""Whether `example.com` in a list or table means its subdomains too: parent_domain_matches_subdomains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.lookups import split_list

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context


def matches_parents(context: Context, name: str) -> bool:
    """True where `example.com` matches `host.example.com`; else `.example.com` does. `name` is the name of a
    list, or `smtpd_access_maps`."""
    words = split_list(context.setting("parent_domain_matches_subdomains"))
    return name in (word.lower() for word in words)
