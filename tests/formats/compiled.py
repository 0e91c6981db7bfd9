"""The real postmap and postalias: what they make of a text, and what they say about it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

_WARNING = re.compile(rb"warning: (?:.*?, line (\d+): )?(.*)")


def _cdb_records(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records of a constant database in their order: a header of 256 pairs of little-endian numbers, the
    first of which is where the records end; then for each the lengths of key and value, and both."""
    at, end = 2048, int.from_bytes(raw[:4], "little")
    while at < end:
        key_length = int.from_bytes(raw[at : at + 4], "little")
        length = int.from_bytes(raw[at + 4 : at + 8], "little")
        value = at + 8 + key_length
        yield raw[at + 8 : value], raw[value : value + length]
        at = value + length


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

    def quick(self, raws: Sequence[bytes]) -> list[dict[bytes, bytes]]:
        """The compiled entries of each text, for who compiles thousands: by one run of the program, as cdb
        files, which are read here. They are in memory where the system has such a folder."""
        room = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.folder
        with tempfile.TemporaryDirectory(prefix="mt-", dir=room) as folder:
            sources = [Path(folder) / f"table{number}" for number in range(len(raws))]
            for source, raw in zip(sources, raws, strict=True):
                source.write_bytes(raw)
            made = self._run(*(f"cdb:{source}" for source in sources))
            assert made.returncode == 0, made.stderr
            return [self._cdb(source) for source in sources]

    def _cdb(self, source: Path) -> dict[bytes, bytes]:
        found = dict(_cdb_records(Path(f"{source}.cdb").read_bytes()))
        return {key: value for key, value in found.items() if not self._is_mark(self.line(key, value))}

    def line(self, key: bytes, value: bytes) -> bytes:
        """An entry as `postmap -s` and `postalias -s` print it."""
        return key + (b":\t" if self.program == "postalias" else b"\t") + value

    def _is_mark(self, line: bytes) -> bool:
        return self.program == "postalias" and line.startswith(
            (b"@:\t@", b"YP_LAST_MODIFIED:", b"YP_MASTER_NAME:")
        )
