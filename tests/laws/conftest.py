"""What the laws about applying share: places made once, their points counted once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.laws.injecting import Ground
from tests.laws.place import need_root_and_strace


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Places in which a command is struck; skipped where that cannot be done."""
    need_root_and_strace()
    with ExitStack() as stack:
        yield Ground(stack)
