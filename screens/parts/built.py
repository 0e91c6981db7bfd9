"""The screens that are built, and the views that open over one: each is imported when it is first shown."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from textual.screen import Screen

BUILT: dict[str, tuple[str, str]] = {
    "overview": ("mailtui.screens.overview", "OverviewScreen"),
    "domains": ("mailtui.screens.domains", "DomainsScreen"),
    "basesettings": ("mailtui.screens.basesettings", "BaseSettingsScreen"),
    "aliases": ("mailtui.screens.aliases", "AliasesScreen"),
    "mailboxes": ("mailtui.screens.mailboxes", "MailboxesScreen"),
    "restrictions": ("mailtui.screens.restrictions", "RestrictionsScreen"),
    "switches": ("mailtui.screens.switches", "SwitchesScreen"),
    "milters": ("mailtui.screens.milters", "MiltersScreen"),
    "dkimkeys": ("mailtui.screens.dkimkeys", "DkimKeysScreen"),
    "filterfiles": ("mailtui.screens.filterfiles", "FilterFilesScreen"),
    "parameters": ("mailtui.screens.parameters", "ParametersScreen"),
    "services": ("mailtui.screens.services", "ServicesScreen"),
    "auth": ("mailtui.screens.auth", "AuthScreen"),
    "authservices": ("mailtui.screens.authservices", "AuthServicesScreen"),
    "authclient": ("mailtui.screens.authclient", "AuthClientScreen"),
    "log": ("mailtui.screens.log", "LogScreen"),
    "queue": ("mailtui.screens.queue", "QueueScreen"),
    "migrate": ("mailtui.screens.migrate", "MigrateScreen"),
    "instances": ("mailtui.screens.instances", "InstancesScreen"),
    "leave": ("mailtui.screens.leaveaddress", "LeaveScreen"),
    "findings": ("mailtui.screens.findings", "FindingsScreen"),
    "review": ("mailtui.screens.review", "ReviewScreen"),
    "history": ("mailtui.screens.history", "HistoryScreen"),
    "settings": ("mailtui.screens.settings", "SettingsScreen"),
}
"""Mode → module and class of its screen, without arguments. What is missing says what it will hold."""


def import_screen(mode: str) -> ModuleType | None:
    """The module of a mode's screen, imported now; None where it is not built."""
    return importlib.import_module(BUILT[mode][0]) if mode in BUILT else None


def make_screen(mode: str) -> Screen[Any]:
    """The screen of a mode, imported now."""
    if mode not in BUILT:
        from mailtui.screens.placeholder import PlaceholderScreen

        return PlaceholderScreen(mode)
    made: Screen[Any] = getattr(import_screen(mode), BUILT[mode][1])()
    return made
