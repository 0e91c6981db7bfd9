"""The real postmap and postalias: what they make of a text, and what they say about it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

_WARNING = re.compile(rb"warning: (?:.*?, line (\d+): )?(.*)")


class Compiler:
    """Compiles tables in a folder of its own with `postmap` or `postalias`."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self.program = folder, program
        config = folder / "main.cf"
        config.write_bytes(b"compatibility_level = 3.6\n")
        long_ago = time.time() - 10  # Postfix waits for two seconds after a change of main.cf
        os.utime(config, (long_ago, long_ago))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.program, "-c", str(self.folder), *arguments], capture_output=True, check=False, timeout=60
        )

    def build(self, raw: bytes, kind: str = "hash") -> tuple[list[bytes], list[tuple[int, bytes]]]:
        """The compiled entries (as `line` writes them, sorted) and the warnings with their lines (0: none)."""
        source = self.folder / "table"
        source.write_bytes(raw)
        made = self._run(f"{kind}:{source}")
        assert made.returncode == 0, made.stderr
        dumped = self._run("-s", f"{kind}:{source}")
        assert dumped.returncode == 0, dumped.stderr
        entries = [line for line in dumped.stdout.split(b"\n") if line and not self._is_mark(line)]
        warnings = [(int(line or 0), text) for line, text in _WARNING.findall(made.stderr)]
        return sorted(entries), warnings

    def line(self, key: bytes, value: bytes) -> bytes:
        """An entry as `postmap -s` and `postalias -s` print it."""
        return key + (b":\t" if self.program == "postalias" else b"\t") + value

    def _is_mark(self, line: bytes) -> bool:
        return self.program == "postalias" and line.startswith(
            (b"@:\t@", b"YP_LAST_MODIFIED:", b"YP_MASTER_NAME:")
        )
