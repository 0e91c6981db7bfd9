"""Work that makes hundreds of thousands of things at once, without the collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Hundreds of thousands of small things are made at once, and none of them is in a circle: looking for
    garbage among them time and again would take a third of the whole. Afterwards it is as it was."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
