"""What the console starts with: the instance, the kept draft, the settings. Everything before Textual."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from mailtui.apply import actor
from mailtui.apply.keeping import DraftKeeper, Presence
from mailtui.apply.state import StateError
from mailtui.cli.context import opened
from mailtui.edits.draft import BadDraft, Draft
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.instances import log_of
from mailtui.settings import Settings


@dataclass(eq=False)
class Prepared:
    """A console about to start. `log` is a file, `journal` or `auto`; `notes` are said when it is up."""

    instance: Instance
    draft: Draft
    read_only: bool
    who: str
    settings: Settings
    log: str
    keeper: DraftKeeper
    presence: Presence
    notes: list[str] = field(default_factory=list)
    kept: str = ""
    """When the draft was kept, where it was found again (RFC 3339)."""
    first: bool = False
    """Whether nothing is known of this instance yet: no mailtui of this user was ever here."""
    chosen: bool = False
    """Whether it was named; else it is the default one, and the others are told of."""

    def keep_draft(self) -> None:
        """Store the draft for next time, and take this console's card away. Called however it ends. Raises
        OSError where something is staged and cannot be kept."""
        try:
            self.keeper.keep(self.draft.groups)
        except (StateError, OSError, InstanceError) as error:
            if self.draft.groups:
                raise OSError(str(error)) from None
        self.presence.leave()


def _writable(instance: Instance) -> bool:
    return os.access(instance.main.path, os.W_OK) and os.access(instance.config_dir, os.W_OK)


def _is_new(instance: Instance) -> bool:
    """Whether there is no state folder of the instance yet; False where that cannot be told."""
    from mailtui.apply.state import of_instance

    try:
        return not os.path.exists(of_instance(instance))
    except (StateError, OSError):
        return False


def prepare(settings: Settings, config_dir: str | None, log: str, *, read_only: bool = False) -> Prepared:
    """Open the instance and the kept draft. `log`: the one that was asked for; empty: that of the settings.
    Raises Failed."""
    instance = opened(config_dir)
    log = log or log_of(settings.instances, instance.config_dir) or settings.log
    who = actor.who()
    notes = list(settings.problems)
    if not read_only and not _writable(instance):
        read_only = True
        notes.append(
            "read-only: you may not write here. Stage edits and save them with w, or start with sudo"
        )
    first = _is_new(instance)
    keeper = DraftKeeper(instance, who)
    draft = Draft()
    try:
        kept = keeper.load()
    except (BadDraft, StateError, OSError) as error:
        notes.append(f"the draft kept from last time cannot be read: {error}")
        kept = None
    if kept is not None:
        draft.replace(kept.groups)
    presence = Presence(instance, who)
    since = kept.time if kept is not None and draft else ""
    return Prepared(
        instance, draft, read_only, who, settings, log, keeper, presence, notes, since,
        first=first, chosen=bool(config_dir),
    )  # fmt: skip
