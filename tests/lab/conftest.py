"""Every test here gets a real Postfix of its own, in its own namespaces; without root it is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo import lab as harness

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
