"""The switches (`b` in Restrictions): the settings that govern the chains, and what to know of each."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.model import Edit
from mailtui.postfix.chainsettings import chain_settings
from mailtui.postfix.instance import Instance
from mailtui.screens.basesettings import BaseSettingsScreen
from mailtui.screens.parts.settinglist import SettingList, setting_list


class SwitchesScreen(BaseSettingsScreen):
    """The base settings' list over other names."""

    MODE = "switches"
    HELP_TITLE = "the switches of the restrictions"
    EMPTY = "Postfix knows none of the switches"

    def read(self, after: Instance, edits: Sequence[Edit]) -> SettingList:
        before = self.session.instance
        return setting_list(before, after if edits else before, chain_settings)

    def aside(self) -> str:
        return "what governs the restrictions"
