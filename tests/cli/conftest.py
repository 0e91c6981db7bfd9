"""A small instance and a way to run commands on it, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailtui.__main__ import main
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]

VIRTUAL = """\
# the brand
webmaster@falcotsbrand.com   jean@falcot.com
contact@falcotsbrand.com     laure@falcot.com, sophie@falcot.com
#old@falcotsbrand.com        sophie@falcot.com
@falcotsbrand.com            sophie@falcot.com
"""
ALIASES = """\
postmaster: root
root: roland
webmaster: root
"""


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shop:
    """An instance and the command line on it."""

    folder: Path
    run: Callable[..., Done]

    @property
    def virtual(self) -> str:
        return (self.folder / "virtual").read_text()


@pytest.fixture
def shop(
    instance_dir: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Shop:
    folder = instance_dir(
        f"""\
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = hash:{tmp_path}/etc1/virtual
alias_maps = hash:{tmp_path}/etc1/aliases
alias_database = hash:{tmp_path}/etc1/aliases
""",
        files={"virtual": VIRTUAL, "aliases": ALIASES},
        postmap=["hash:virtual"],
        postalias=["hash:aliases"],
    )
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("SUDO_USER", raising=False)

    def run(*words: str) -> Done:
        capfdbinary.readouterr()
        status = main(["--config-dir", str(folder), *words])
        out, err = capfdbinary.readouterr()
        return Done(status, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))

    return Shop(folder, run)
