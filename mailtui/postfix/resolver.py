"""Follows mail for an address through one instance: cleanup, routing, delivery, and the check at RCPT TO.

A Resolver keeps the answers of tables; it belongs to one state of the files. For another state (the disk
has changed, a draft is laid over) make another.
"""

from __future__ import annotations

from mailtui.postfix.addresses import complete, fold, quote, recipient, split
from mailtui.postfix.delivery import Delivery, error_text
from mailtui.postfix.domains import domain_class, normal
from mailtui.postfix.instance import Instance
from mailtui.postfix.localdelivery import LocalDelivery, LocalMaps
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.mapsearch import Instead, Maps
from mailtui.postfix.resolution import AddressClass, Resolution, Trail
from mailtui.postfix.rewriting import Limits, Rewriter, Unexpandable
from mailtui.postfix.routing import Route, Router
from mailtui.postfix.rules import rules_of

SUBMISSION_LIMIT = 2000
"""Messages that one address may cause through forwarding before the search stops and says so."""

_ALWAYS_LOCAL = frozenset({"postmaster", "mailer-daemon"})

_RECIPIENT_TABLES: dict[AddressClass, tuple[str, str, str]] = {
    "local": ("local_recipient_maps", "local recipient", "unknown_local_recipient_reject_code"),
    "virtual-mailbox": ("virtual_mailbox_maps", "virtual mailbox", "unknown_virtual_mailbox_reject_code"),
    "relay": ("relay_recipient_maps", "relay recipient", "unknown_relay_recipient_reject_code"),
}


class Resolver:
    """Resolves addresses in one state of an instance. Raises ParameterError where a parameter is broken,
    InstanceError where the file that myorigin names cannot be read."""

    def __init__(
        self,
        instance: Instance,
        users: LocalUsers | None = None,
        *,
        like: Resolver | None = None,
        instead: Instead | None = None,
    ) -> None:
        """`instead`: entries of one table as they would be, in place of those in its text. `like`: a resolver
        of the same state without that, whose answers are shared."""
        self.instance = instance
        self._like, self._instead = like, instead
        self.users = users or LocalUsers()
        self._effective = instance.parameters.effective
        self.classes: dict[str, AddressClass] = {} if like is None else like.classes
        """What is known of domains so far, by their normal form."""
        self._maps: dict[str, Maps] = {}
        self.rules = rules_of(instance)
        self.router = Router(
            self.rules,
            self.class_of,
            self._effective,
            self.maps("transport_maps"),
            self.maps("relocated_maps"),
        )
        self.rewriter = Rewriter(
            self.rules,
            self.router.is_here,
            self._canonical(),
            self.maps("virtual_alias_maps"),
            propagate=frozenset(self.words("propagate_unmatched_extensions")),
            limits=Limits(
                *(
                    self._number(f"virtual_alias_{what}_limit")
                    for what in ("recursion", "expansion", "address_length")
                )
            ),
        )
        self.delivery = Delivery(self.router, self.maps("virtual_mailbox_maps"), self._effective)

    # The settings

    def maps(self, parameter: str) -> Maps:
        """The maps of a parameter, read once."""
        if parameter not in self._maps:
            self._maps[parameter] = self._new_maps(parameter)
        return self._maps[parameter]

    def _new_maps(self, parameter: str) -> Maps:
        if self._like is not None and self._instead is not None:
            return self._like.maps(parameter).would_be(self._instead)
        return Maps(parameter, self.instance.lookups(parameter), self.instance.files, self.users)

    def class_of(self, domain: str) -> AddressClass:
        """The address class of a domain."""
        name = normal(domain)
        if name not in self.classes:
            self.classes[name] = domain_class(self.instance, name)
        return self.classes[name]

    def words(self, parameter: str) -> list[str]:
        """The words of a list-like parameter."""
        return self._effective(parameter).replace(",", " ").split()

    def _on(self, parameter: str) -> bool:
        return self._effective(parameter).lower() == "yes"

    def _number(self, parameter: str) -> int:
        text = self._effective(parameter)
        return int(text) if text.isdigit() else 1000

    def _written(self, parameter: str) -> str:
        """The value before Postfix expands it, for the parameters that local(8) expands itself."""
        value = self.instance.parameters.get(parameter)
        return value if value is not None else self.instance.parameters.default(parameter) or ""

    def _canonical(self) -> tuple[Maps, ...]:
        pairs = (
            ("recipient_canonical_maps", "recipient_canonical_classes"),
            ("canonical_maps", "canonical_classes"),
        )
        return tuple(
            self.maps(maps) for maps, classes in pairs if "envelope_recipient" in self.words(classes)
        )

    # Following an address

    def normal(self, address: str) -> str:
        """What someone typed as a complete address in internal form."""
        return complete(recipient(address.strip()), self.rules)

    def resolve(self, address: str) -> Resolution:
        """Where mail for an address ends. An empty address resolves to nothing."""
        full = self.normal(address)
        if not full:
            return Resolution(address, "default", (), why="no address")
        kind = self.class_of(split(full)[1] or "")
        trail = Trail()
        why = self.refusal(full)
        if not why:
            try:
                self._submit(full, (), trail, [0])
            except Unexpandable as error:
                trail = self._unexpandable(error, trail)
                why = f"refused 451 4.6.0 Alias expansion error: {error.why}"
        problems = self.problems()
        if why and problems:
            why = f"{why}, unless a table that could not be read says otherwise"
        for text in (*problems, *self._remarks()):
            trail.note(text)
        return Resolution(
            quote(full), kind, tuple(trail.final), tuple(trail.steps.values()), tuple(trail.loops), why,
            tuple(trail.notes),
        )  # fmt: skip

    @staticmethod
    def _unexpandable(error: Unexpandable, trail: Trail) -> Trail:
        """Nothing is delivered then; the steps stay, to show the circle."""
        trail.final.clear()
        if error.circle:
            trail.loop(error.circle)
        return trail

    def problems(self) -> list[str]:
        """Tables that could not answer so far: what was found without them may be wrong."""
        return [problem for maps in self._maps.values() for problem in maps.problems]

    def _remarks(self) -> list[str]:
        return [remark for maps in self._maps.values() for remark in maps.remarks]

    def _submit(self, address: str, carried: tuple[str, ...], trail: Trail, count: list[int]) -> None:
        """Take in a message: rewrite its recipient, then deliver to each result. Raises Unexpandable."""
        count[0] += 1
        if count[0] > SUBMISSION_LIMIT:
            trail.note(f"more than {SUBMISSION_LIMIT} messages forwarded; the rest was not followed")
            return

        def again(to: str, then_carried: tuple[str, ...]) -> None:
            try:
                self._submit(to, then_carried, trail, count)
            except Unexpandable as error:
                trail.end(quote(to), "error", f"Alias expansion error: {error.why}")
                if error.circle:
                    trail.loop(error.circle)

        for one in self.rewriter.recipients(address, trail):
            route = self.router.route(one)
            if route.transport != "local":
                self.delivery.deliver(route, trail)
                continue
            LocalDelivery(
                self._local_maps(), self.router, self.users, self._written, self._effective,
                self.instance.files.raw, again, trail,
            ).deliver(route.address, carried)  # fmt: skip

    def _local_maps(self) -> LocalMaps:
        return LocalMaps(
            self.maps("alias_maps"),
            self.maps("mailbox_transport_maps"),
            self.maps("mailbox_command_maps"),
            self.maps("fallback_transport_maps"),
        )

    # The check at RCPT TO

    def refusal(self, address: str) -> str:
        """Why Postfix refuses an address (complete, internal form), empty where it takes it.

        As reject_unlisted_recipient does; where that is switched off mail is taken and then bounces.
        """
        if self.rewriter.listed(address):
            return ""
        route = self.router.route(address)
        verb = "refused" if self._on("smtpd_reject_unlisted_recipient") else "accepted, then bounced:"
        if route.transport in {"error", "retry"}:
            return f"{verb} {self._error_code(route)} {error_text(route)}"
        if route.domain_class not in _RECIPIENT_TABLES or self._is_listed(route):
            return ""
        _, table, code = _RECIPIENT_TABLES[route.domain_class]
        return f"{verb} {self._effective(code)} User unknown{self.router.table_name(table)}"

    def _error_code(self, route: Route) -> str:
        if route.domain_class == "virtual-alias":
            return self._effective("unknown_virtual_alias_reject_code")
        return "450" if route.transport == "retry" else "550"

    def _is_listed(self, route: Route) -> bool:
        """Whether the table of the class has the address. An empty list means that everything is taken."""
        maps = self.maps(_RECIPIENT_TABLES[route.domain_class][0])
        if not maps:
            return True
        local = split(route.address)[0]
        if route.domain_class == "local" and fold(local) in {*_ALWAYS_LOCAL, fold(self.rules.double_bounce)}:
            return True
        return maps.find(route.address, self.rules, self.router.is_here) is not None or bool(maps.problems)
