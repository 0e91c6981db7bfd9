"""The settings and keys, put in force: a key that cannot be is refused and told of, the rest holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailtui.screens.parts.beside import in_daemon
from mailtui.screens.parts.keys import key_for
from mailtui.settings import files

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp
    from mailtui.settings import Settings


def take_settings(app: MailtuiApp, settings: Settings) -> None:
    """Have these settings in force, as far as a console that runs can take them over."""
    before, app.session.settings = app.session.settings, settings
    if settings.keymap != before.keymap:
        take_keys(app)


def take_keys(app: MailtuiApp) -> None:
    """Give the actions the keys that the settings name. Whether an action is there and a key is free is only
    known once every screen is imported, beside; what was in force before holds until then."""
    keymap = app.session.settings.keymap
    if not keymap:
        app.set_keymap({})
        app.refused_keys = {}
        return
    wanted = dict(keymap)

    def look() -> dict[str, str]:
        from mailtui.screens.parts.actionindex import action_index

        return told(action_index().refused(wanted))

    async def check() -> None:
        refused = await in_daemon(look, "keys")
        if app.session.settings.keymap != keymap:
            return
        app.set_keymap({name: ",".join(keys) for name, keys in wanted.items() if name not in refused})
        new = [text for name, text in refused.items() if name not in app.refused_keys]
        app.refused_keys = refused
        if new:
            why = f"{len(new)} lines of the key map do not hold; {key_for('app.settings', ',')} shows why"
            app.notify(new[0] if len(new) == 1 else why, severity="warning")

    app.run_worker(check(), group="keymap", exclusive=True)


def told(refused: Mapping[str, str]) -> dict[str, str]:
    """What is to be said of each entry that was refused, with the place where it stands. Reads the files."""
    if not refused:
        return {}
    from mailtui.settingsread import lines, read

    places: dict[str, str] = {}
    for path in files():
        found = lines(read(path).text)
        places |= {name: f"{path}:{line}: " for name in refused if (line := found.get(f"keymap.{name}"))}
    return {name: f'{places.get(name, "")}keymap: "{name}": {why}' for name, why in refused.items()}
