"""The instance's rules for addresses, read from its parameters."""

from __future__ import annotations

from mailtui.postfix.addresses import Rules
from mailtui.postfix.instance import Instance


def rules_of(instance: Instance) -> Rules:
    """How this instance completes and takes apart addresses. Raises ParameterError and InstanceError."""
    effective = instance.parameters.effective

    def is_on(parameter: str) -> bool:
        return effective(parameter).lower() == "yes"

    return Rules(
        myorigin=instance.origin,
        mydomain=effective("mydomain"),
        delimiters=effective("recipient_delimiter"),
        append_at_myorigin=is_on("append_at_myorigin"),
        append_dot_mydomain=is_on("append_dot_mydomain"),
        percent_hack=is_on("allow_percent_hack"),
        swap_bangpath=is_on("swap_bangpath"),
        dequote=is_on("resolve_dequoted_address"),
        owner_request_special=is_on("owner_request_special"),
        double_bounce=effective("double_bounce_sender"),
    )
