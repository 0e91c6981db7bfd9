"""A login tried from a list: name and password asked for, the session shown with its reasons."""

from __future__ import annotations

from typing import Any

from mailtui.postfix.instance import Instance
from mailtui.sasl.services import AuthService
from mailtui.sasl.trial import Trial, try_account
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.laidlist import LaidList
from mailtui.screens.parts.passworddialog import PasswordDialog, Typed
from mailtui.screens.parts.trialtext import lines_of
from mailtui.text.safe import safe


def of(service: AuthService) -> str:
    """What a service does with AUTH, in a line of a chooser."""
    if not service.offered:
        return "no AUTH"
    under = {"wrapper": "TLS from the first byte", "encrypt": "STARTTLS"}.get(service.tls, "")
    under = under or ("STARTTLS first" if service.auth_only else "also without TLS")
    return f"AUTH, {under}{', chrooted' if service.chrooted else ''}, realm {safe(service.realm)}"


def ask(screen: LaidList[Any], instance: Instance, service: AuthService, name: str) -> None:
    """Have name and password typed, and log in."""
    lines = [
        f"A real session to {service.name}, by each mechanism that is offered; no mail is sent.",
        f"A bare name is looked for in {safe(service.realm)} there. Type the name as the client has it.",
    ]

    def shown(trial: Trial) -> None:
        screen.say("")
        answer = "yes" if trial.ok else "NO"
        screen.app.push_screen(TextView(f"{trial.user} at {trial.service.name}: {answer}", lines_of(trial)))

    def typed(answer: Typed | None) -> None:
        if answer is None or answer.secret is None:
            return
        secret, user = answer.secret, answer.name
        screen.say(f"logging in at {service.name} as {safe(user)}…")
        beside(screen, "try", lambda: try_account(instance, service, user, secret), shown, screen.bad)

    screen.app.push_screen(PasswordDialog("Try a login", lines, name=name), typed)
