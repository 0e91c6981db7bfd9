"""Lines that are wrapped: where the later ones begin."""

from __future__ import annotations

import pytest

from mailtui.screens.parts.detail import beside_label


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("wrong    /tmp: everybody may write it", 9),
        ("TO DO      see the milter's lines", 11),
        ("asked in smtpd_client_restrictions", 0),
        ("           non_smtpd_milters: unix:a  /etc/postfix/main.cf:137", 11),
        ("  1777 root:root            /tmp   everybody may write it", 4),
        ("v=DKIM1; h=sha256; k=rsa; p=MIIB", 0),
        ("v=spf1  mx  -all", 8),
        ("", 0),
        ("    ", 4),
    ],
)
def test_a_line_goes_on_beside_its_label(line: str, columns: int) -> None:
    assert beside_label([(line, "")]) == columns
    assert beside_label([(line[:3], "dim"), (line[3:], "")]) == columns, "however many spans it is"
