"""What has its day: DNS answers that are kept, DKIM keys, certificates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from mailtui.overview.line import DAY, Item, Line, Weight, days, many, said, span, worst
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.dns.part import DomainDns
    from mailtui.milters.dkim.rotation import Life, Terms
    from mailtui.sasl.tls import Facts

MANY = 5000
"""Domains that are looked at at most."""
NEAR = 30
"""Days before its day in which a key is told of."""
TOLD = 20
"""Sentences at most."""


def domains(instance: Instance) -> Line:
    """What DNS said of the domains when it was asked last. Nothing is asked (see `asking`)."""
    hosted = _hosted(instance)
    if not hosted:
        return Line("domains", (said("none with a name in DNS", "dim"),))
    asked = _answers(instance, hosted)
    bad = sorted((each for each in map(_trouble, asked) if each is not None), key=lambda each: each[0])
    items = [item for _, item, _, _ in bad]
    silent = sum(_trouble(each) is None and _unanswered(each) for each in asked)
    if len(asked) > len(bad) + silent:
        items.append(said(f"{len(asked) - len(bad) - silent} ok", "good"))
    if silent:
        items.append(said(f"{silent} without an answer", "dim"))
    if len(hosted) > len(asked):
        items.append(said(f"{len(hosted) - len(asked)} not asked yet", "dim"))
    more = [why for _, _, _, why in bad[:TOLD]]
    if asked:
        more.append(f"Asked {span(max(each.age() for each in asked))} ago; Domains asks again.")
    else:
        more.append("DNS was not asked about them yet: Domains does.")
    return Line("domains", tuple(items), worst([weight for _, _, weight, _ in bad]), tuple(more), alike=True)


def stale(instance: Instance) -> list[str]:
    """The domains of which nothing is known, or only what was so a day ago."""
    hosted = _hosted(instance)
    known = (each for each in _answers(instance, hosted) if each.age() < DAY and not _unanswered(each))
    fresh = {each.domain.rstrip(".").lower() for each in known}
    return [name for name in islice(hosted, MANY) if name not in fresh]


def _hosted(instance: Instance) -> dict[str, None]:
    """The domains that mail is taken for, as far as DNS has names for them."""
    from mailtui.postfix.domainlist import domain_list

    listing = domain_list(instance, instance)
    keys = (listing.key(at) for at in range(len(listing)))
    return dict.fromkeys(name.lower() for name, kind in keys if kind != "default" and _in_dns(name))


def _answers(instance: Instance, hosted: Iterable[str]) -> list[DomainDns]:
    from mailtui.apply.domaindns import known

    store = known(instance)
    if store is None or not store.there:
        return []
    return [found for name in islice(hosted, MANY) if (found := store.of(name)) is not None]


def _unanswered(found: DomainDns) -> bool:
    """Whether a question every receiver asks had no answer: that is not to pass for `ok`."""
    return any(part.state == "unknown" for part in (found.mx, found.spf, found.dmarc))


def _in_dns(name: str) -> bool:
    """Whether DNS is to know it: no table, no literal, no part of a name, not `localhost.$mydomain`."""
    if "." not in name or name.startswith((".", "[", "localhost.")):
        return False
    return not {"/", ":", "$"}.intersection(name)


def _trouble(found: DomainDns) -> tuple[int, Item, Weight, str] | None:
    """The worst that DNS says of a domain: its rank, the item, the weight, and why in a sentence."""
    for rank, state in enumerate(("error", "missing", "warning")):
        for name, part in found.parts():
            if part.state != state or (state == "missing" and not part.proposed):
                continue
            weight: Weight = "error" if state == "error" else "warning"
            words = f"no {name}" if state == "missing" else f"{name} {state}"
            why = part.problems[0] if part.problems else words
            return rank, said(f"{found.domain} {words}", weight), weight, f"{found.domain}: {name}: {why}"
    return None


# DKIM keys


def keys(instance: Instance) -> Line:
    """The keys with which mail is signed: what is next for each, and how near that is."""
    from mailtui.apply.dkimmemory import recall
    from mailtui.milters.dkim.place import read_config
    from mailtui.milters.dkim.rotation import Terms, lives, reconciled
    from mailtui.milters.dkim.store import Memory, StoreError
    from mailtui.settings import load

    config = read_config(instance)
    if not os.path.exists(config.path):
        return Line("keys", (said("there is no opendkim here", "dim"),))
    settings, more = load(), []
    try:
        memory = recall(instance)
    except StoreError as error:
        memory = Memory()
        more.append(str(error))
    terms = Terms(settings.dkim_grace, settings.dkim_age)
    found = [each for each in lives(config, reconciled(config, memory), None, terms) if each.row.domain]
    hidden = [each for each in found if _hidden(each.row.key_file)]
    open_ = [each for each in found if each not in hidden]
    told = sorted((each for life in open_ for each in _told(life, terms)), key=lambda each: each[0])
    items = [item for _, item, _ in told]
    signing = sum(each.state == "active" and not _broken(each) for each in open_)
    if signing:
        items.append(said(f"{many(signing, 'key')} sign{'s' * (signing == 1)}", "good"))
    if hidden:
        items.append(said(f"{many(len(hidden), 'key')} for root's eyes alone", "dim"))
    more += [f"{_name(life)}: {life.step.words}." for life in open_ if life.step.words][:TOLD]
    if not items:
        items.append(said("no key signs", "dim"))
    return Line("keys", tuple(items), worst([weight for _, _, weight in told]), tuple(more), alike=True)


def _hidden(path: str) -> bool:
    """Whether the caller, who is not root, may not look at a key."""
    return bool(path) and os.geteuid() != 0 and not os.access(path, os.R_OK)


def _name(life: Life) -> str:
    return f"{life.row.selector}/{life.row.domain}"


def _broken(life: Life) -> bool:
    return any(each.stops for each in life.row.problems)


def _told(life: Life, terms: Terms) -> Iterator[tuple[int, Item, Weight]]:
    """What is to be said of a key: its rank, the item, its weight."""
    broken = _broken(life)
    if life.state == "active" and (broken or life.published in {"no", "different"}):
        why = "cannot sign" if broken else "signs, and DNS does not have it"
        yield 0, said(f"{_name(life)} {why}", "error"), "error"
        return
    age = life.row.age()
    left = int(terms.age) - age if age is not None else NEAR + 1
    if life.needs_care:
        old = f"{age} days old: " if life.step.action == "rotate" and left <= 0 else ""
        yield 1, said(f"{_name(life)} {old}{life.step.action}", "warning"), "warning"
    elif life.state == "active" and left <= NEAR:
        yield 2, said(f"{_name(life)} rotate in {days(left)}"), ""


# Certificates


def certificates(instance: Instance) -> Line:
    """How long the certificates last that the smtpd services have."""
    from mailtui.sasl.services import auth_services
    from mailtui.sasl.tls import facts
    from mailtui.settings import load

    found: dict[object, Facts] = {}
    for service in auth_services(instance):
        if service.tls != "none":
            for each in facts(instance, service):
                found.setdefault(each.pair, each)
    if not found:
        return Line("certificate", (said("no service offers TLS", "dim"),))
    soon = load().certificate_days
    told = sorted((_certificate(each, soon) for each in found.values()), key=lambda each: each[0])
    weight = worst([weight for _, _, weight, _ in told])
    more = tuple(why for _, _, _, why in told if why)
    return Line("certificate", tuple(item for _, item, _, _ in told), weight, more, alike=True)


def _certificate(found: Facts, soon: float) -> tuple[float, Item, Weight, str]:
    """What is to be said of a certificate, and of one that ends in less than `soon` days."""
    name = os.path.basename(found.pair.cert)
    if found.certificate is None:
        wrong = found.unreadable
        why = wrong if found.pair.cert in wrong else f"{found.pair.cert}: {wrong}"
        mine = os.geteuid() == 0 or os.access(os.path.dirname(found.pair.cert) or ".", os.X_OK)
        if not mine or (os.path.exists(found.pair.cert) and not os.access(found.pair.cert, os.R_OK)):
            return DAY, said(f"{name} is for root's eyes alone", "dim"), "", why
        return -DAY, said(f"{name} cannot be read", "error"), "error", why
    names = found.certificate.names
    called = (names[0] if names else found.certificate.subject) or name
    left = found.certificate.days
    says = f"{found.pair.cert}: {found.certificate.words()}"
    if left is None:
        return 0, said(f"{called}: its end is not known", "warning"), "warning", says
    if left < 0:
        return left, said(f"{called} EXPIRED {days(-left)} ago", "error"), "error", says
    weight: Weight = "warning" if left < soon else ""
    return left, said(f"{called} {days(left)} left", weight or "good"), weight, says
