"""What the real smtpd does with each way to write a milter is what mailtui says that it does.

One Postfix has a port for each text, so that one that kills its smtpd harms no other.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

from mailtui.demo.lab import Lab
from mailtui.formats.lists import items
from mailtui.formats.milteritem import parse_item
from mailtui.text.safe import encode
from tests.formats.test_milteritem import HARMS

FIRST = 2600
MADE = 60
PIECES = (
    "inet:", "unix:", "local:", "inet:", "127.0.0.1", "localhost", ":9", ":9", "@h", "/none", "{", "}", " ", ", ",
    "=", "default_action", "=accept", "connect_timeout=", "5s", "protocol=6", "reject", "0",
)  # fmt: skip
_ASK = """
import json, socket, sys
def said(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.settimeout(8)
            first = one.recv(500)
            if not first.startswith(b"220"):
                return first.decode()
            one.sendall(b"EHLO x.example\\r\\n")
            one.recv(2000)
            one.sendall(b"MAIL FROM:<a@b.example>\\r\\n")
            return one.recv(500).decode()
    except OSError as error:
        return repr(error)
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(said, json.loads(sys.argv[1])))))
"""


def made(count: int) -> list[str]:
    """Texts of one item that chance put together."""
    chance = random.Random(20261123)
    found: list[str] = []
    while len(found) < count:
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 7)))
        text = f"{{ unix:x, {text} }}" if chance.random() < 0.4 else text
        parts = items(encode(text))
        if len(parts) == 1 and parts[0] == encode(text) and text not in found and text not in HARMS:
            found.append(text)
    return found


def test_the_real_smtpd_does_what_is_said(lab: Lab) -> None:
    texts = [*HARMS, *made(MADE)]
    main, master = Path(lab.config_dir, "main.cf"), Path(lab.config_dir, "master.cf")
    values = "".join(f"case{number} = {text}\n" for number, text in enumerate(texts))
    services = "".join(
        f"127.0.0.1:{FIRST + number} inet n - n - 1 smtpd\n  -o smtpd_milters=$case{number}\n"
        for number in range(len(texts))
    )
    with main.open("a") as file:
        file.write(f"milter_default_action = tempfail\nsmtpd_tls_security_level = none\n{values}")
    with master.open("a") as file:
        file.write(services)
    for path in (main, master):
        past = time.time() - 60  # of files that are written just now Postfix waits for the end
        os.utime(path, (past, past))
    reloaded = lab.run("postfix", "-c", str(lab.config_dir), "reload", timeout=120)
    assert reloaded.ok, reloaded.words
    ports = [FIRST + number for number in range(len(texts))]
    asked = lab.run(sys.executable, "-c", _ASK, json.dumps(ports), timeout=150)
    assert asked.ok, asked.words
    wrong = []
    for text, answer in zip(texts, json.loads(asked.out), strict=True):
        real = "refuses" if "451 4.3.5" in answer else "" if answer[:3] in {"250", "451", "554"} else "stops"
        if parse_item(text).harm != real:
            wrong.append((text, parse_item(text).harm, answer.strip()))
    assert not wrong
