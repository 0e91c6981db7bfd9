"""The manual page says what --help, `?` and the settings screen say, and is good roff."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "mailtui.8"


@pytest.fixture(scope="module")
def manual() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manual", ROOT / "scripts" / "manual.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_as_the_commands_and_keys_are_now(manual: ModuleType) -> None:
    assert manual.page() == PAGE.read_text(encoding="utf-8"), "scripts/manual.py makes it anew"


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_it_is_good_roff() -> None:
    done = subprocess.run(
        ["groff", "-ww", "-k", "-man", "-Tutf8", "-P-cbou", "-rLL=100n", str(PAGE)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not done.stderr
    assert "alias set ADDRESS" in done.stdout
    assert "\\" not in done.stdout.replace("\\\n", "")
