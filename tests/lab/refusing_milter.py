"""A milter that refuses every message whose subject holds `virus`: python refusing_milter.py PORT

Milter protocol, version 6: packets of a length, a letter and data; macros (D) and aborts (A) want no answer.
"""

from __future__ import annotations

import socketserver
import struct
import sys

CONTINUE, REPLY = b"c", b"y"


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        infected = False
        while len(head := self.rfile.read(5)) == 5:
            length, verb = struct.unpack(">Ic", head)
            data = self.rfile.read(length - 1)
            if verb == b"O":
                self._say(b"O" + struct.pack(">III", 6, 0, 0))
            elif verb == b"L":
                name, value = data.split(b"\0")[:2]
                infected = infected or (name.lower() == b"subject" and b"virus" in value)
                self._say(CONTINUE)
            elif verb == b"E":
                self._say(REPLY + b"550 5.7.1 Virus found: Test\0" if infected else CONTINUE)
            elif verb == b"Q":
                return
            elif verb not in {b"D", b"A", b"K"}:
                self._say(CONTINUE)

    def _say(self, packet: bytes) -> None:
        self.wfile.write(struct.pack(">I", len(packet)) + packet)


class Milter(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Milter(("127.0.0.1", int(sys.argv[1])), _Session).serve_forever()
