"""Threads share one arena of the C library's memory, and what is free in it goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

_MANY = """
import ctypes, sys, threading
from mailtui.screens.parts.heap import one_arena

if sys.argv[1] == "one" and not one_arena():
    sys.exit(3)
meet = threading.Barrier(6)
def work():
    meet.wait()
    held = [bytearray(5_000) for _ in range(20)]
    meet.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def _arenas(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _MANY, how], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode == 3:
        pytest.skip("this C library has no arenas")
    assert done.returncode == 0, done.stderr
    return done.stdout.count("<heap nr=")


def test_threads_share_one_arena() -> None:
    assert _arenas("as it is") > 2
    assert _arenas("one") == 1


_FREED = """
from mailtui.screens.parts.heap import give_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

much = [bytes(5_000) for _ in range(4_000)]
pin = bytes(5_000)
del much
before = resident()
give_back()
print(before - resident())
"""


def test_what_is_free_goes_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FREED], capture_output=True, text=True, timeout=30, check=True
    )
    assert int(done.stdout) > 15_000_000
