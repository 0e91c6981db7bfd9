"""What an edit of a parameter says of its value."""

from __future__ import annotations

import pytest

from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.formats.target import Target

MAIN = Target("main.cf", "/etc/postfix/main.cf")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            (
                "permit_mynetworks",
                "check_client_access",
                "lmdb:/x",
                "warn_if_reject",
                "reject_rbl_client",
                "d.e",
            ),
            "permit_mynetworks, check_client_access lmdb:/x, warn_if_reject reject_rbl_client d.e",
        ),
        (("lmdb:/x", "hash:/y"), "lmdb:/x, hash:/y"),
        ("check_client_access  lmdb:/x reject", "check_client_access  lmdb:/x reject"),
    ],
)
def test_no_comma_parts_a_restriction_from_its_argument(value: str | tuple[str, ...], words: str) -> None:
    assert SetParameter(MAIN, "own", value, ()).describe() == f"~ own = {words}"
    assert ResetParameter(MAIN, "own", value).describe() == f"- own (was {words}): the default"
