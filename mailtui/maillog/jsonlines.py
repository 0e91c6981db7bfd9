"""Lines of a log as JSON objects, one a line: what `record.facts` finds, at the speed of a stream.

A line of a known shape, in which JSON escapes nothing, is put together from ready pieces: the time and the
head (host, program, process id) repeat from line to line and are kept, the body comes from the shape. Every
other line takes the long way through a dictionary. Both say the same.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

from mailtui.maillog import programs
from mailtui.maillog.head import head
from mailtui.maillog.programs.shape import Table
from mailtui.maillog.record import facts
from mailtui.maillog.stamp import PREFIX, moment
from mailtui.text.safe import decode

KEPT = 20_000
"""Times and heads remembered; beyond that all are forgotten, so that memory stays bounded."""

LONGEST_PLACE = 200
"""Characters of a head that is worth remembering."""

_ESCAPED = re.compile(r"[^ !#-\[\]-~]")
"""What JSON escapes (with ensure_ascii), and DEL."""
_CONTROL = bytes(range(32)).replace(b"\n", b"") + b"\x7f"


class _Head:
    """Host, program and process id, ready for JSON, and the shapes of the program's texts."""

    __slots__ = ("candidates", "json")

    def __init__(self, json: str, table: Table) -> None:
        self.json = json
        self.candidates = table.candidates


class JsonLines:
    """Turns blocks of whole lines into JSON lines."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now
        self._times: dict[str, str] = {}
        self._seconds: set[str] = set()
        self._heads: dict[str, _Head] = {}

    def block(self, block: bytes, now: datetime | None = None) -> str:
        """The lines of a block, each with its newline; ASCII. Empty lines give none. `now` is the moment that
        none of them is later than, where it is another than before."""
        if now is not None:
            self._until(now)
        clean = block.isascii() and len(block.translate(None, _CONTROL)) == len(block)
        escaped = None if clean else _ESCAPED.search
        times, heads = self._times, self._heads
        out: list[str] = []
        add = out.append
        for line in decode(block).split("\n"):
            if '"' in line or "\\" in line or (escaped is not None and escaped(line) is not None):
                add(self.slowly(line))
                continue
            # Everything below is looked up, once in a while made up, and put together.
            before, _colon, text = line.partition(": ")
            time, place = times.get(before[:16]), before[16:]
            if time is None:
                time, place = self._timed(before)
            known = heads.get(place) or self._head(place)
            for shape in known.candidates(text):
                match = shape.match(text)
                if match is not None and time is not None:
                    add(f'{time}{known.json}{shape.body(match, text)}, "raw": "{line}"}}\n')
                    break
            else:
                add(self.slowly(line))
        return "".join(out)

    def _until(self, now: datetime) -> None:
        """Another `now` may give the kept times another year; within the hour it is no other."""
        if self._now is None or abs(now - self._now) >= timedelta(hours=1):
            self._now = now
            self._times.clear()

    def slowly(self, line: str) -> str:
        """One line by way of a dictionary, with its newline; nothing for an empty one."""
        if not line.strip(" \t\r\v\f"):
            return ""
        return json.dumps(facts(line.encode("utf-8", "surrogateescape"), self._now)) + "\n"

    def _timed(self, before: str) -> tuple[str | None, str]:
        """The time of what stands before a text, as it begins a JSON object, and the place after it; no time
        where the long way must see to it."""
        if before[32:33] == " " and before[19:20] == "." and before[26] in "+-":
            return self._precise(before[:32]), before[33:]
        traditional = before[3:4] == " " and before[15:16] == " "
        begin = 16 if traditional else before.find(" ") + 1
        stamp, place = before[:begin], before[begin:]
        found = PREFIX.match(stamp.encode())
        at = moment(found, self._now) if found is not None and found.end() == begin - 1 else None
        if at is None:
            return None, place
        said = f'{{"time": "{at.isoformat()}", '
        if traditional:
            if len(self._times) >= KEPT:
                self._times.clear()
            self._times[stamp] = said
        return said, place

    def _precise(self, stamp: str) -> str | None:
        """The same for rsyslog's own format: every line has another microsecond, so seconds are kept."""
        fraction, second = stamp[20:26], stamp[:20] + stamp[26:]
        if second in self._seconds and fraction.isdecimal() and fraction != "000000":
            return f'{{"time": "{stamp}", '
        said = self._plainly(stamp)
        if said == f'{{"time": "{stamp}", ':
            if len(self._seconds) >= KEPT:
                self._seconds.clear()
            self._seconds.add(second)
        return said

    def _plainly(self, stamp: str) -> str | None:
        found = PREFIX.fullmatch(stamp.encode())
        at = moment(found, self._now) if found is not None else None
        return f'{{"time": "{at.isoformat()}", ' if at is not None else None

    def _head(self, place: str) -> _Head:
        """What stands between the time and the text, from a line made up around it; without shapes where the
        long way must see to it."""
        line = f"2000-01-01T00:00:00Z {place}: x".encode()
        found = head(line)
        known = _Head("", Table())
        if found.process and found.start_of_text == len(line) - 1 and found.time is not None:
            parts = {"host": found.host, "process": found.process}
            said = "".join(f'"{name}": "{value.decode()}", ' for name, value in parts.items() if value)
            if found.pid:
                said += f'"pid": {int(found.pid)}, '
            known = _Head(said, programs.table(found.process.decode()))
        if len(place) <= LONGEST_PLACE:
            if len(self._heads) >= KEPT:
                self._heads.clear()
            self._heads[place] = known
        return known
