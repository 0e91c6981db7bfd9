"""What explain says is what the real smtpd answers: random set-ups, random sessions, every reply compared.

`scripts/differential` runs any number of sessions; here is a sample.
"""

from __future__ import annotations

from mailtui.demo.lab import Lab
from mailtui.postfix.restrictionnames import ARGUMENTS
from tests.lab.differential.run import differential, printed
from tests.lab.differential.setups import NEVER

SESSIONS, SETUPS = 2000, 100


def test_explain_says_what_smtpd_answers(lab: Lab) -> None:
    result = differential(lab, seed="sample", sessions=SESSIONS, setups=SETUPS, shrink=2)
    assert not result["differences"], printed(result)
    assert result["sessions"] == SESSIONS
    answers = result["outcomes"]
    assert answers.pop("unknown", 0) < SESSIONS // 50
    assert len(answers) > 10
    drawn = set(ARGUMENTS) - NEVER
    assert len(drawn & set(result["restrictions"])) > len(drawn) * 0.95
