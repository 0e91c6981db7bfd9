"""The C library's memory, kept together.

    one_arena()         # before the console's threads begin
    give_back()         # after work that took megabytes for a moment

glibc gives threads that want memory at once an arena each, eight for every processor, and what is free in one
is of no use to another: a console that works in many short threads would hold tens of megabytes that nobody
uses. Python takes turns anyway, so threads seldom meet there.
"""

from __future__ import annotations

import ctypes

_ARENA_MAX = -8
"""M_ARENA_MAX of malloc.h; mallopt(3)."""


def one_arena() -> bool:
    """Have all threads take their memory from one place; False where the C library knows no such thing (musl
    keeps one anyway)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_ARENA_MAX, 1) == 1


def give_back() -> None:
    """Give the system back what the C library keeps free for the next work of the same size: up to 8 MB once
    a log was searched."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
