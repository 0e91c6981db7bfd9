"""Names, arguments, comments and tables that would steer a terminal, in the chains and in what explains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.dns.ask import Names
from mailtui.postfix.smtpd.session import Session
from mailtui.screens.explain import open_explain
from mailtui.screens.parts import explainview
from mailtui.text.safe import decode
from tests.postfix.conftest import instance_dir
from tests.screens.hostile import PIECES
from tests.screens.restricting import MASTER, Rules, restrictions, tmp_path

__all__ = ["instance_dir", "tmp_path"]

ODD = [piece for piece in PIECES if b"\x00" not in piece and len(piece) < 100]


def spoilt(folder: Path) -> bytes:
    """Chains in which every odd piece stands in a rule's name, in an argument, in a comment and in a class."""
    lines = [b"smtpd_client_restrictions =\n    permit_mynetworks"]
    for piece in ODD:
        lines += [b"    # " + piece, b"    reject_rbl_client x" + piece, b"    o" + piece + b"k"]
    lines.append(b"    check_client_access inline:{ 192.0.2.7=REJECT\x1b[31m[bold]x[/foo] }")
    lines.append(b"smtpd_restriction_classes = odd")
    lines.append(b"odd = reject" + b" " + b"\x1b]0;x\x07")
    return b"\n".join(lines) + b"\ncompatibility_level = 3.6\nmyhostname = mx.falcot.com\n"


def clean(up: Rules) -> None:
    """Nothing on the screen is obeyed, nothing is a link."""
    for strip in up.app.screen._compositor.render_strips():
        for segment in strip:
            assert not segment.control
            assert all(sign.isprintable() for sign in segment.text), repr(segment.text)
            style = segment.style
            assert style is None or (style.link is None and "@click" not in style.meta), segment


async def test_no_text_steers_the_terminal(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(explainview, "new_names", lambda: Names(only_supplied=True))
    folder = instance_dir(spoilt(tmp_path), master=MASTER)
    words = decode(b" ".join(ODD))
    async with restrictions(folder, size=(80, 24)) as up:
        for _ in range(len(up.view.lines.rows)):
            await up.press("j")
            clean(up)
        await up.press("g", "e", "c")
        await up.pilot.pause()
        clean(up)
        await up.press("escape", "f")
        await up.pilot.pause()
        clean(up)
        await up.press("escape", "n")
        await up.type("odd")
        clean(up)
        await up.press("escape", "C")
        await up.pilot.pause()
        clean(up)
        await up.press("escape", "y")
        await up.pilot.pause()
        clean(up)
        await up.press("q", "b")
        await up.until(lambda: "smtpd_delay_reject" in up.text)
        clean(up)
        await up.press("q")
        odd = Session(
            "192.0.2.7", helo=words[:300], sender=f"{words[:99]}@x.test", recipient=f"{words[:99]}@falcot.com"
        )
        open_explain(up.view, odd)
        await up.answered("SESSION")
        for _ in range(12):
            await up.press("j")
            clean(up)
        await up.press("enter")
        await up.pilot.pause()
        clean(up)
        await up.press("escape", "y")
        await up.pilot.pause()
        clean(up)
        assert up.app.is_running
