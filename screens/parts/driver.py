"""The terminal's driver, with input that cannot kill the console."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver


def _lenient(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), "replace")


# Textual decodes keys strictly: one byte that is not UTF-8 (a Latin-1 terminal, an old mouse report
# after tmux was re-attached) would end the console with a UnicodeDecodeError (Textual issue 6668).
vars(linux_driver)["getincrementaldecoder"] = _lenient

ConsoleDriver = linux_driver.LinuxDriver
