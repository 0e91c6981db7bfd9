"""Somebody leaves: every place in which an address stands, what becomes of each, and the proof that nothing
arrives there any more.

    found = leave(instance, Wish("jean@falcot.com", forward="laure@falcot.com"))
    found.places            # each with its choices and the one taken
    found.undecided         # those for which somebody must choose first: aliases that would lead nowhere
    found.edits, found.label
    found.proof.nothing     # whether no mail reaches them once these edits are written

What cannot be taken back is not among the edits: a login is locked by a command of its own, and mail that
lies on the disk stays there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.leavingaliases import alias_places
from mailtui.edits.leavingbeside import account_places, dkim_places, forward_places, greylist_places
from mailtui.edits.leavingmail import PROBED, mail_places
from mailtui.edits.leavingparameters import other_places, parameter_places
from mailtui.edits.leavingplaces import Place, Wish
from mailtui.edits.leavingtables import table_places
from mailtui.edits.leavingwho import ALIASES, HERE, RAW, Hunt, ends_at
from mailtui.edits.model import Edit
from mailtui.postfix.addresses import split
from mailtui.postfix.domains import explain_domain
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.resolution import Final, Resolution
from mailtui.postfix.resolve import sentence
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

__all__ = ["Leave", "Place", "Proof", "Wish", "leave"]

_CASCADES = 20
"""Rounds in which aliases that go make others lead nowhere."""


State = Literal["refused", "handed on", "elsewhere", "arrives"]


class Fate(NamedTuple):
    """What becomes of mail for one address: refused, handed on to the successor, going to somebody else (a
    catch-all, say), or still reaching them. `words` as the resolver has it."""

    address: str
    words: str
    state: State

    def __str__(self) -> str:
        return f"mail for {self.address} {self.words if self.state != 'refused' else f'is {self.words}'}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the resolver says of the files as they would be."""

    fates: tuple[Fate, ...] = ()
    still: tuple[str, ...] = ()
    """Aliases that go on naming them, by choice or because nobody can edit them here."""

    @property
    def nothing(self) -> bool:
        """Whether no mail reaches them."""
        return all(fate.state != "arrives" for fate in self.fates)

    @property
    def words(self) -> str:
        """In one sentence."""
        if not self.fates:
            return "no mail for it comes here"
        if not self.nothing:
            there = ", ".join(fate.address for fate in self.fates if fate.state == "arrives")
            return f"mail still arrives there: {there}"
        return "after this, nothing arrives there"


@dataclass(frozen=True, slots=True)
class Leave:
    """See the module's text. `refused`: why nothing can be done, and `do` what to do about it. `addresses`:
    all that are theirs; `says`: what to know, safe to show."""

    wish: Wish
    address: str = ""
    addresses: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    says: tuple[str, ...] = ()
    proof: Proof = Proof()
    refused: str = ""
    do: str = ""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the choices come to."""
        return merged(edit for place in self.places for edit in place.edits)

    @property
    def undecided(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.undecided)

    @property
    def steps(self) -> tuple[Place, ...]:
        """What is done at once and never staged."""
        return tuple(place for place in self.places if place.now)

    @property
    def label(self) -> str:
        """The edits as one act, in words."""
        to = f", {safe(self.wish.forward)} gets the mail" if self.wish.forward else ""
        return f"{safe(self.address)} leaves{to}"

    @property
    def waits(self) -> str:
        """Why nothing can be staged before somebody chooses; empty where all is chosen."""
        open_ = self.undecided
        if not open_:
            return ""
        names = ", ".join(safe(place.name) for place in open_[:5])
        more = f" and {len(open_) - 5} more" if len(open_) > 5 else ""
        verb = "leads" if len(open_) == 1 else "lead"
        return f"{names}{more} would {verb.removesuffix('s')} nowhere"


def leave(instance: Instance, wish: Wish, users: LocalUsers | None = None) -> Leave:
    """All of it, in the present state of `instance` (which may have a draft laid over it). For a worker:
    every table is looked through. Raises InstanceError, and OSError for a file that cannot be read."""
    hunt = Hunt(instance, wish, users or LocalUsers())
    refused, do = _wrong(hunt)
    if refused:
        return Leave(wish, hunt.address, refused=refused, do=do)
    ways = _ways(hunt)
    places: list[Place] = []
    for _ in range(_CASCADES):
        hunt.notes.clear()
        places = list(_found(hunt, ways))
        more = _left_without(hunt, places) - hunt.gone - hunt.own
        if not more:
            break
        hunt.gone |= more
    places += mail_places(hunt, places)
    unmet = next(wish.unmet(places), "")
    if unmet:
        return Leave(
            wish,
            hunt.address,
            _addresses(hunt),
            tuple(places),
            refused=unmet,
            do="see --dry-run for the places",
        )
    says = tuple(dict.fromkeys([*_says(hunt), *hunt.notes]))
    return Leave(wish, hunt.address, _addresses(hunt), tuple(places), says, _proof(hunt, places))


def _found(hunt: Hunt, ways: frozenset[str]) -> Iterator[Place]:
    seen: set[tuple[str, str]] = set()
    yield from alias_places(hunt, ways, seen)
    yield from table_places(hunt, seen)
    yield from parameter_places(hunt)
    yield from account_places(hunt)
    yield from forward_places(hunt)
    yield from greylist_places(hunt)
    yield from dkim_places(hunt)
    yield from other_places(hunt)
    yield from _perhaps(hunt)


def _wrong(hunt: Hunt) -> tuple[str, str]:
    """Why this cannot be wished, and what to do."""
    wish = hunt.wish
    for text in (wish.address, *wish.also):
        if not text.strip() or text.startswith((*RAW, "@")) or any(each.isspace() for each in text.strip()):
            return f"{safe(text) or 'nothing'} is no address of somebody", "give user@domain, or a local name"
    for to in (wish.forward, *wish.given.values()):
        why = _no_successor(hunt, to) if to else ""
        if why:
            return why, "name somebody else"
    return "", ""


def _no_successor(hunt: Hunt, to: str) -> str:
    """Why an address cannot take over; empty where it can."""
    if to.startswith((*RAW, "@")) or any(each.isspace() or each == "," for each in to):
        return f"{safe(to)} is no address of somebody"
    if hunt.search.place(to) in hunt.own:
        return f"{safe(to)} is theirs as well: the mail would go in a circle"
    found = hunt.resolver.resolve(to)
    if found.why:
        return f"mail for {safe(to)} is {safe(found.why)}"
    ends = [end for end in found.final if end.how != "error"]
    if not ends:
        return f"mail for {safe(to)} arrives nowhere: {safe(sentence(found, hunt.resolver))}"
    if found.loops:
        return f"mail for {safe(to)} goes in a circle: {safe(found.loops[0])}"
    if all(hunt.search.place(end.address) in hunt.own for end in ends):
        return f"mail for {safe(to)} ends at {safe(hunt.address)}: it would go in a circle"
    return ""


def _ways(hunt: Hunt) -> frozenset[str]:
    """The places that mail to the successor passes."""
    to = hunt.wish.forward
    if not to:
        return frozenset()
    steps = hunt.resolver.resolve(to).steps
    return frozenset({hunt.search.place(to), *(hunt.search.place(step.source) for step in steps)})


def _left_without(hunt: Hunt, places: Sequence[Place]) -> frozenset[str]:
    """The addresses of aliases that go, mail for which is refused then."""
    going = [p for p in places if p.kind == "destination" and p.empties and p.choice == "remove"]
    if not going:
        return frozenset()
    edits = [edit for place in places for edit in place.edits]
    resolver = Resolver(hunt.instance.over(Candidate(hunt.instance.files, edits)), hunt.users)
    found = set()
    for place in going:
        mine = hunt.search.place(place.key)
        probes = hunt.probes(mine)[:1] if not place.key.startswith("@") else []
        if any(_nowhere(resolver.resolve(probe)) for probe in probes):
            found.add(mine)
    return frozenset(found)


def _nowhere(found: Resolution) -> bool:
    return bool(found.why) or all(end.how == "error" for end in found.final)


def _addresses(hunt: Hunt) -> tuple[str, ...]:
    others = (probe for place in sorted(hunt.own) for probe in hunt.probes(place)[:1])
    given = (hunt.address, *map(hunt.resolver.normal, hunt.wish.also))
    mine = dict.fromkeys(given)
    known = {hunt.search.place(each) for each in mine}
    return (*mine, *(each for each in others if hunt.search.place(each) not in known))


def _perhaps(hunt: Hunt) -> Iterator[Place]:
    """Addresses that may be theirs as well, of which only somebody who knows them can tell."""
    found = hunt.resolver.resolve(hunt.address)
    if len(found.final) == 1 and not ends_at(found, hunt.search, hunt.own) and found.final[0].how in HERE:
        yield Place(
            "perhaps", found.final[0].address, "their mail goes there as yet: is that theirs? --also says so"
        )
    names = {split(place)[0] for place in hunt.own}
    words = hunt.words()
    for lookup in hunt.lookups("virtual_mailbox_maps"):
        for entry in hunt.holding(lookup, words):
            if split(entry.key)[0].casefold() in names and not hunt.is_own(entry.key):
                what = "has the same name and a mailbox of its own: is that theirs? --also says so"
                yield Place("perhaps", entry.key, what, "", lookup.written, entry.target.path, entry.line)


def _says(hunt: Hunt) -> Iterator[str]:
    """What somebody should know who cannot see it in the places."""
    to = hunt.wish.forward
    if not to and hunt.address.partition("@")[0].lower() == "postmaster":
        yield "every domain must take mail for postmaster (RFC 5321 4.5.1): hand it on to somebody"
    if to and any(end.how == "remote" for end in hunt.resolver.resolve(to).final):
        unknown = explain_domain(hunt.instance, split(hunt.resolver.normal(to))[1] or "").problems
        where = "is not on this server"
        if unknown:
            where = f"is perhaps not on this server, which cannot be told ({unknown[0]})"
        yield f"{safe(to)} {where}: their mail is sent on to another"
    for lookup in (each for name in ALIASES for each in hunt.lookups(name)):
        if not lookup.has_file:
            yield f"{safe(lookup.written)} has no text here: who leads to them there cannot be told"


def _state(hunt: Hunt, found: Resolution, wanted: frozenset[Final]) -> State:
    if _nowhere(found):
        return "refused"
    if ends_at(found, hunt.search, hunt.own):
        return "arrives"
    return "handed on" if wanted and wanted.issuperset(found.final) else "elsewhere"


def _proof(hunt: Hunt, places: Sequence[Place]) -> Proof:
    """What the resolver says of the files as they would be."""
    edits = merged(edit for place in places for edit in place.edits)
    after = hunt.instance.over(Candidate(hunt.instance.files, edits))
    resolver = Resolver(after, hunt.users)
    to = hunt.wish.forward
    wanted = frozenset(resolver.resolve(to).final) if to else frozenset()
    fates: dict[tuple[str, State], Fate] = {}  # of a local name not one for each local domain
    for own in sorted(hunt.own):
        for probe in hunt.probes(own)[:PROBED]:
            found = resolver.resolve(probe)
            state = _state(hunt, found, wanted)
            fates.setdefault((own, state), Fate(safe(probe), sentence(found, resolver), state))
    later = Hunt(after, hunt.wish, hunt.users, hunt.gone, known=hunt.own)
    still = [place for place in alias_places(later, frozenset(), set()) if not place.own]
    return Proof(tuple(fates.values()), tuple(dict.fromkeys(safe(place.name) for place in still)))
