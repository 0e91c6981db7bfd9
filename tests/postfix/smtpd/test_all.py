"""Every restriction that smtpd knows is there."""

from __future__ import annotations

import mailtui.postfix.smtpd.all  # noqa: F401  # registers them
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.smtpd.outcome import RESTRICTIONS


def test_every_name_is_registered() -> None:
    assert set(ARGUMENTS) - set(RESTRICTIONS) == {"warn_if_reject"}  # no rule of its own
    assert set(RESTRICTIONS) <= set(ARGUMENTS)
