"""Every test here gets a real Postfix of its own, in its own namespaces; without root it is skipped."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo import lab as harness
from tests.lab import warm

LAB = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies in this folder is marked `lab` (before `-m` looks), and skipped where no lab can be had."""
    here = [item for item in items if item.path.is_relative_to(LAB)]
    why = harness.unavailable() if here else None
    for item in here:
        item.add_marker(pytest.mark.lab)
        if why is not None:
            item.add_marker(pytest.mark.skip(reason=f"no lab: {why}"))


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """What a lab runs in Python begins with its modules imported; see `warm`."""
    cold = harness.Lab.run

    def run(self: harness.Lab, *argv: str, stdin: bytes = b"", timeout: float = 60) -> commands.Result:
        if not warm.can(argv):
            return cold(self, *argv, stdin=stdin, timeout=timeout)
        begun = time.monotonic()
        environment = commands._environment(self.environment())
        try:
            status, out, err = python.run(self._first, argv, stdin, timeout, environment)
        except TimeoutError as error:
            raise commands.CommandError(argv, str(error)) from None
        return commands.Result(argv, status, out, err, time.monotonic() - begun)

    def begun(self: harness.Lab, flags: Sequence[str]) -> warm.WarmDemo:
        return python.demo(flags, {**os.environ, "PYTHONPATH": str(LAB.parents[1])})

    with warm.Warm() as python, pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness.Lab, "run", run)
        patch.setattr(harness.Lab, "_begun", begun)
        yield


@pytest.fixture
def lab() -> Iterator[harness.Lab]:
    """A fresh Falcot Corp mail server for this test alone."""
    with harness.Lab() as running:
        yield running


@pytest.fixture(scope="session")
def shared_lab() -> Iterator[harness.Lab]:
    """One mail server for all tests of this process that leave its configuration as it is."""
    with harness.Lab() as running:
        yield running
