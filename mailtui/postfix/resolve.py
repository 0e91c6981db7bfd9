"""What happens to mail for an address, in full and in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.addresses import split
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.localusers import LocalUsers
    from mailtui.postfix.resolution import Final, Resolution, Step
    from mailtui.postfix.resolver import Resolver

SHOWN = 3
"""How many destinations a sentence names."""


def resolve(instance: Instance, address: str, users: LocalUsers | None = None) -> Resolution:
    """Every hop of mail for `address` and where it ends, as the instance's files say now.

    Raises ParameterError or InstanceError where the configuration cannot be read so far.
    """
    return _resolver(instance, users).resolve(address)


def _resolver(instance: Instance, users: LocalUsers | None) -> Resolver:
    """Imported now: a list of aliases is on the screen before one of them is followed."""
    from mailtui.postfix.resolver import Resolver

    return Resolver(instance, users)


def fate(instance: Instance, address: str, users: LocalUsers | None = None) -> str:
    """What becomes of mail for `address`, in a few words: `taken by @falcotsbrand.com → sophie`.

    For a catch-all (`@domain`) it is what becomes of mail for a name that has no alias of its own.
    Raises as `resolve` does.
    """
    resolver = _resolver(instance, users)
    if address.startswith("@"):
        return sentence(resolver.resolve(f"{PROBE}{address}"), resolver)
    return sentence(resolver.resolve(address), resolver)


PROBE = "no-such-name"
"""A local part that no alias has, to see what a catch-all does."""


def sentence(found: Resolution, resolver: Resolver) -> str:
    """A resolution in a few words, fit for a terminal."""
    if found.why:
        return safe(found.why)
    first = next((step for step in found.steps if step.source == found.address), None)
    if first is not None:
        targets = [step.to for step in found.steps if step.source == first.source and step.key == first.key]
        text = f"{_taken(first, found.address)}{_listed([shorter(to, resolver) for to in targets])}"
        if found.final and all(end.how == "error" for end in found.final):
            text += f", and bounces: {found.final[0].delivery}"
        return safe(text)
    ends = [_ending(end, resolver) for end in found.final]
    return safe("; ".join(ends[:SHOWN]) + ("; …" if len(ends) > SHOWN else "")) or "goes nowhere"


def shorter(address: str, resolver: Resolver) -> str:
    """An address without the domain that Postfix would add to it."""
    local, domain = split(address)
    return local if domain is not None and domain.lower() == resolver.rules.myorigin.lower() else address


def _taken(step: Step, address: str) -> str:
    if step.key.casefold() in {address.casefold(), split(address)[0].casefold()}:
        return "goes to "
    return f"taken by {step.key or step.place} → "


def _listed(targets: list[str]) -> str:
    return ", ".join(targets[:SHOWN]) + (f" and {len(targets) - SHOWN} more" if len(targets) > SHOWN else "")


def _ending(end: Final, resolver: Resolver) -> str:
    name = shorter(end.address, resolver)
    match end.how:
        case "error":
            return f"bounces: {end.delivery}"
        case "remote" | "relay":
            return f"sent on by {end.delivery}"
        case "command":
            return f"piped to {end.delivery}"
        case "file":
            return f"appended to {end.delivery}"
        case "include":
            return f"sent to the list in {end.delivery}"
    return f"delivered to {name}, {end.how} {end.delivery}"
