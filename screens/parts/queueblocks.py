"""What is done about who fills the queue: another password at once; a block of clients or senders, staged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mailtui.apply.accounts import Done
from mailtui.edits.blocking import offers
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.maillog.record import Record
from mailtui.postfix.instance import Instance
from mailtui.sasl.names import Account
from mailtui.sasl.secret import generated
from mailtui.screens.parts.accountacts import Asked, changed, planned
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.chooser import Reason
from mailtui.screens.parts.dialogs import Dialog, ErrorDialog, TypedWord
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import key_for, writes
from mailtui.screens.parts.offering import choose_offer
from mailtui.screens.parts.queueacts import may_change, words_of
from mailtui.text.safe import safe

MOST_CLIENTS = 50
"""Clients that are blocked at once; against more the password is the remedy."""


def new_password(screen: ConsoleScreen, who: Account) -> None:
    """Give an account a random password, once its name was typed, and show it this once."""
    if not may_change(screen):
        return
    instance, secret = screen.session.instance, generated()

    def show(asked: Asked) -> None:
        lines = [
            *(each.words for each in asked.plans), *asked.says[:4],
            "Who is logged in stays so until that session ends.",
        ]  # fmt: skip
        title = f"Another password for {who}: now, no undo"
        screen.app.push_screen(TypedWord(title, str(who), lines), answered)

    def answered(yes: bool | None) -> None:
        if yes:
            screen.say("working…")
            beside(screen, "change", lambda: changed(instance, "password", [who], secret), done, failed)

    def done(_all: list[Done]) -> None:
        screen.say(f"{safe(str(who))} has another password; {key_for('app.history', 'H')} has the words")
        lines: list[str] = ["Shown this once; it is kept nowhere but in sasldb.", "", secret.reveal()]
        screen.app.push_screen(Dialog(f"The password of {who}", lines))

    def failed(error: Exception) -> None:
        screen.app.push_screen(ErrorDialog("Nothing was changed", [words_of(error)]))

    beside(screen, "plan", lambda: planned(instance, "password", [who]), show, failed)


def list_clients(screen: ConsoleScreen, user: str, clients: Counter[str]) -> None:
    """Show from where a user's messages came."""
    lines = [f"{count:>7,}  {client}" for client, count in clients.most_common()]
    screen.console.show_plain(f"The clients of {user}, by their messages in the queue", "\n".join(lines))


def record_of(client: str = "", sender: str | None = None) -> Record:
    """What a log line would say of a client (`name[address]`), or of a sender."""
    name, _, address = client.partition("[")
    return Record(
        None, None, None, None, "info", "other", "", "",
        client_name=name or None, client_address=address.rstrip("]") or None, sender=sender,
    )  # fmt: skip


def block_clients(screen: ConsoleScreen, clients: Sequence[str], user: str = "") -> None:
    """Ask for a reason and stage what refuses these clients from now on; where they logged in as `user`, also
    on the services that take logins."""
    session = screen.session
    base, staged = session.instance, session.draft.edits

    def staging(plan: Plan) -> None:
        if plan.refused:
            screen.say(plan.refused, "warning")
            return
        count = len(clients)
        session.stage(
            *plan.edits, label=f"block {count} client{'s' if count > 1 else ''}" if count > 1 else ""
        )
        screen.say(" · ".join((f"Staged; {writes()}", *plan.says[:2])))

    def reasoned(reason: str | None) -> None:
        if reason is not None:
            beside(
                screen, "block",
                lambda: blocking(base, staged, clients[:MOST_CLIENTS], session.who, reason, user), staging,
                lambda error: screen.say(words_of(error), "error"),
            )  # fmt: skip

    lines = [*(f"  {client}" for client in clients[:8])]
    if len(clients) > len(lines):
        lines.append(f"  and {min(len(clients), MOST_CLIENTS) - len(lines)} more")
    if len(clients) > MOST_CLIENTS:
        lines.append(f"Only the first {MOST_CLIENTS} of {len(clients)}: another password ends all of it.")
    if user:
        lines.append("Where logins pass before the table is asked, it is put before them.")
    lines.append("A reason, if you like: it is kept as a comment with date and name.")
    title = f"Block {len(clients)} clients" if len(clients) > 1 else f"Block the client {clients[0]}"
    screen.app.push_screen(Reason(title, lines), reasoned)


def blocking(
    base: Instance, staged: Sequence[Edit], clients: Sequence[str], who: str, reason: str, user: str = ""
) -> Plan:
    """The edits that refuse all of these, each over those before it, also where they log in as `user`; those
    that are refused already are left out, and said. Raises InstanceError."""
    edits: list[Edit] = []
    says: list[str] = []
    records = [record_of(client) for client in clients]
    for client, record in zip(clients, records, strict=True):
        now = base.over(Candidate(base.files, [*staged, *edits]))
        found = offers(now, record, who=who)
        if not found:
            says.append(f"{safe(client)} has no address to block")
            continue
        plan = found[0].because(reason) if reason else found[0].plan
        if plan.refused:
            says.append(plan.refused)
            continue
        edits += plan.edits
        says += plan.says
    if user:
        from mailtui.edits.loginblocks import for_logins

        named = [(each.client_name or "", each.client_address) for each in records if each.client_address]
        logins = for_logins(base.over(Candidate(base.files, [*staged, *edits])), named, user)
        edits += logins.edits
        says = [*logins.says, *says]
    if not edits:
        return Plan(refused="; ".join(dict.fromkeys(says)) or "none of them can be blocked")
    return Plan(tuple(edits), tuple(dict.fromkeys(says)))


def block_sender(screen: ConsoleScreen, sender: str) -> None:
    """Offer what refuses a sender, or all of its domain, from now on."""
    instance, who = screen.session.instance, screen.session.who
    beside(
        screen, "block", lambda: offers(instance, record_of(sender=sender), who=who),
        lambda found: choose_offer(screen, found, "Nothing is offered for this sender"),
        lambda error: screen.say(words_of(error), "error"),
    )  # fmt: skip
