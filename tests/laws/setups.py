"""Many small domain set-ups on one server: what mailtui foretells, and what the server then does.

python -m tests.laws.setups SEED SETUPS PER_ROUND: runs beside the server of a Lab and prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import smtplib
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from mailtui.apply.transaction import apply
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.postfix.domainlist import domain_list
from mailtui.postfix.domains import CLASS_PARAMETERS
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import Folders
from mailtui.postfix.mailboxes import MailboxList, mailbox_list
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.resolver import Resolver
from tests.laws.setupmaking import MACRO, Maker, Setup

SERVER, CLIENT = "192.0.2.25", ("mx1.partner.example", "198.51.100.7")
"""Our server as the world sees it, and a client that it does not trust."""
SENDER = "desk@partner.example"
THREADS = 4
PATIENCE = 40.0
LONG_AGO = 1_000_000_000
_SHUT = ("may not write in", "may not pass through", "makes none for an mbox", "its mail waits")
"""Parts of the warnings by which a mailbox's row says that its mail will wait."""
_OTHER = re.compile(r"is written as (\d+):(\d+), and not as .* asked for the whole address first")
"""By whom a row says that mail for name+extension is written."""
_QUEUED = re.compile(r"queued as (\w+)")
_STATUS = re.compile(
    r"/(\w+)\[\d+\]: (\w+): to=<(.*?)>, (?:orig_to=<.*?>, )?relay=(\S+?),.* status=(\w+) \((.*)\)$",
    re.MULTILINE,
)
_RECIPIENTS = re.compile(r"qmgr\[\d+\]: (\w+): from=<.*?>, .*nrcpt=(\d+)")
_REMOVED = re.compile(r"qmgr\[\d+\]: (\w+): removed")
_FORWARDED = re.compile(r"^forwarded as (\w+)")


@dataclass
class Trial:
    """One address: what was foretold, and what came."""

    setup: int
    address: str
    token: str
    foretold: Resolution
    inside: bool = False
    """Sent from this machine, which may send to anywhere."""
    answer: str = ""
    queue_id: str = ""


@dataclass
class Log:
    """What the log says of each queue file."""

    statuses: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Queue number → (recipient, relay, status, words)."""
    removed: set[str] = field(default_factory=set)
    recipients: dict[str, int] = field(default_factory=dict)
    """Queue number → to how many it goes."""

    @classmethod
    def read(cls, text: str) -> Log:
        log = cls()
        for _, number, to, relay, status, words in _STATUS.findall(text):
            log.statuses[number].append((to, relay, status, words))
        log.recipients = {number: int(count) for number, count in _RECIPIENTS.findall(text)}
        log.removed = set(_REMOVED.findall(text))
        return log

    def family(self, number: str) -> list[tuple[str, str, str, str]]:
        """The deliveries of a message, and of what it was forwarded as."""
        found = []
        for to, relay, status, words in self.statuses[number]:
            onward = _FORWARDED.match(words)
            found += self.family(onward[1]) if onward else [(to, relay, status, words)]
        return found

    def is_done(self, number: str) -> bool:
        """Whether nothing more is to come before a next try."""
        lines = self.statuses[number]
        tried = len(lines) >= self.recipients.get(number, 1)
        if number not in self.removed and not (tried and any(line[2] == "deferred" for line in lines)):
            return False
        onward = [match[1] for line in lines if (match := _FORWARDED.match(line[3]))]
        return all(self.is_done(other) for other in onward)


class Rounds:
    """The server in `config_dir`, given a new ground and new set-ups in each round."""

    def __init__(self, config_dir: Path, seed: int) -> None:
        self.etc, self.folder = config_dir, config_dir.parents[1]
        self.chance = random.Random(seed)
        self.wrong: list[str] = []
        self.refused: list[str] = []
        self.counts: dict[str, int] = defaultdict(int)
        self._seen: dict[Path, int] = {}
        self._shut_before: frozenset[str] = frozenset()
        self._original = self.folder / "original"
        shutil.copytree(self.etc, self._original)

    def run(self, setups: int, at_once: int) -> None:
        for first in range(0, setups, at_once):
            self._round(range(first, min(first + at_once, setups)))

    def _round(self, numbers: range) -> None:
        self._ground()
        instance = Instance.open(str(self.etc))
        maker = Maker(instance, self.chance)
        made = [maker.make(number) for number in numbers]
        self.refused += maker.refused
        edits = merged(maker.edits)
        draft = instance.over(Candidate(instance.files, edits))
        trials = self._foretell(draft, made)
        outcome = apply(instance, edits, who="setups", no_rehearsal=True)
        if outcome.state != "applied":
            raise SystemExit(f"{outcome.state}: {outcome.error}")
        os.utime(self.etc / "main.cf", (LONG_AGO, LONG_AGO))
        after = Instance.open(str(self.etc))
        again = self._foretell(after, made)
        for trial, other in zip(trials, again, strict=True):
            self._same(trial, "the draft and the disk", self._ends(trial), self._ends(other))
        begun = self._log().stat().st_size
        self._see()
        self._shut_before = self._shut(trials, mailbox_list(after, after))
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._send, [[t for t in trials if t.setup == n] for n in numbers]))
        log = self._wait(trials, begun)
        self._check(trials, log, self._arrived(), mailbox_list(after, after))
        self._domains(after, made)
        self.counts["setups"] += len(made)
        self.counts["addresses"] += len({(trial.setup, trial.address) for trial in trials})

    # The ground: the demo's tables as they were, and class lists of all forms

    def _ground(self) -> None:
        shutil.rmtree(self.etc)
        shutil.copytree(self._original, self.etc)
        values, chance = {}, self.chance
        for kind, parameter in CLASS_PARAMETERS:
            name = MACRO[kind]
            forms = [f"${name}"]
            if chance.random() < 0.6:
                (self.etc / name).write_text(f"# {parameter}\nfile.{name.replace('_', '-')}.example\n")
                forms.append(str(self.etc / name))
            if chance.random() < 0.6:
                table, type_ = self.etc / f"{name}_table", chance.choice(["hash", "btree", "lmdb", "cdb"])
                few = chance.randint(1, 2)
                table.write_text("".join(f"t{n}.{name.replace('_', '-')}.example OK\n" for n in range(few)))
                self._runs("postmap", "-c", str(self.etc), f"{type_}:{table}")
                forms.append(f"{type_}:{table}")
            chance.shuffle(forms)
            standing = self._asked("postconf", "-c", str(self.etc), "-h", parameter)
            values[name] = f"macro.{name.replace('_', '-')}.example"
            values[parameter] = " ".join([standing, *forms] if standing else forms)
        values["home_mailbox"] = chance.choice(["", "Maildir/", "inbox"])
        values["propagate_unmatched_extensions"] = chance.choice(["canonical, virtual", "canonical", ""])
        values["local_recipient_maps"] = chance.choice(["proxy:unix:passwd.byname $alias_maps", ""])
        values["virtual_alias_maps"] = (
            f"hash:{self.etc}/virtual"  # of its patterns postmap is asked one by one
        )
        # No greylisting: a message comes at once or never.
        values["smtpd_recipient_restrictions"] = "permit_mynetworks, reject_unlisted_recipient"
        values |= {"smtpd_soft_error_limit": "1000", "smtpd_hard_error_limit": "1000"}
        words = [f"{name}={value}" for name, value in values.items()]
        self._runs("postconf", "-c", str(self.etc), "-e", *words)
        os.utime(self.etc / "main.cf", (LONG_AGO, LONG_AGO))
        self._runs("postfix", "-c", str(self.etc), "reload")

    def _runs(self, *argv: str) -> None:
        subprocess.run(argv, check=True, capture_output=True)

    def _asked(self, *argv: str) -> str:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    # What is foretold

    def _foretell(self, instance: Instance, made: list[Setup]) -> list[Trial]:
        resolver = Resolver(instance)
        found = []
        for setup in made:
            for number, address in enumerate(setup.addresses):
                token = f"token-{setup.number}-{number}-"
                trial = Trial(setup.number, address, token, resolver.resolve(address))
                found.append(trial)
                if trial.foretold.domain_class == "default":  # from outside it is refused
                    found.append(Trial(setup.number, address, f"{token}inside-", trial.foretold, inside=True))
        return found

    def _ends(self, trial: Trial) -> set[str]:
        """What is foretold of a message that is taken, in words that `_came` uses too."""
        found = set()
        for end in trial.foretold.final:
            match end.how:
                case "maildir" | "mbox" | "mailbox" | "file":
                    kind = "maildir" if end.delivery.endswith("/") else "file"
                    found.add(f"{kind} {end.delivery.rstrip('/')}")
                case "command":
                    found.add(f"command {end.delivery}")
                case "error":
                    found.add(f"not delivered to {end.address}")
                case _:
                    known = (
                        "bigmail.example" in f"{end.address} {end.delivery}" and "gone@" not in end.address
                    )
                    found.add(f"{'sent' if known else 'not delivered'} to {end.address}")
        return found

    # What comes

    def _send(self, trials: list[Trial]) -> None:
        for inside in (False, True):
            mine = [trial for trial in trials if trial.inside is inside]
            where = ("127.0.0.1", None) if inside else (SERVER, (CLIENT[1], 0))
            if mine:
                with smtplib.SMTP(where[0], 25, CLIENT[0], PATIENCE, source_address=where[1]) as smtp:
                    smtp.ehlo()
                    for trial in mine:
                        self._one(smtp, trial)

    def _one(self, smtp: smtplib.SMTP, trial: Trial) -> None:
        smtp.mail(SENDER)
        code, words = smtp.rcpt(trial.address)
        if code == 250:
            text = f"From: <{SENDER}>\r\nTo: <{trial.address}>\r\nSubject: {trial.token}\r\n\r\nHello.\r\n"
            code, words = smtp.data(text)
            found = _QUEUED.search(words.decode())
            trial.queue_id = found[1] if found else ""
        else:
            smtp.rset()
        trial.answer = f"{code} {words.decode('utf-8', 'replace')}"

    def _log(self) -> Path:
        return self.folder / "log/mail.log"

    def _wait(self, trials: list[Trial], begun: int) -> Log:
        """The log once every message has come to an end, or to wait."""
        until = time.monotonic() + PATIENCE
        while True:
            log = Log.read(self._log().read_bytes()[begun:].decode("utf-8", "replace"))
            left = [each for each in trials if each.queue_id and not log.is_done(each.queue_id)]
            if not left or time.monotonic() > until:
                self.wrong += [f"{each.address}: {each.queue_id} never came to an end" for each in left]
                return log
            time.sleep(0.1)

    def _places(self) -> list[Path]:
        roots = (self.folder / "mail", self.folder / "home")
        return [Path(top, name) for root in roots for top, _, names in os.walk(root) for name in names]

    def _see(self) -> None:
        self._seen = {path: path.stat().st_size for path in self._places()}

    def _arrived(self) -> dict[str, set[str]]:
        """Token → where on the disk it lies now."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in self._places():
            with path.open("rb") as file:
                file.seek(self._seen.get(path, 0))
                text = file.read().decode("utf-8", "replace")
            is_maildir = path.parent.name in {"new", "cur", "tmp"}
            place = f"maildir {path.parent.parent}" if is_maildir else f"file {path}"
            for token in re.findall(r"^Subject: (token-\S+)", text, re.MULTILINE):
                found[token].add(place)
        return found

    def _came(self, trial: Trial, log: Log, arrived: dict[str, set[str]]) -> set[str]:
        found = set(arrived.get(trial.token, ()))
        for to, relay, status, words in log.family(trial.queue_id):
            command = re.match(r"delivered to command: (.*)", words)
            if command:
                found.add(f"command {command[1]}")
            elif status != "sent":
                found.add(f"not delivered to {to}")
            elif relay not in {"local", "virtual"}:
                found.add(f"sent to {to}")
        return found

    # Whether they agree

    def _same(self, trial: Trial, what: str, one: object, other: object) -> None:
        if one != other:
            self.wrong.append(f"{what}: {trial.address} ({trial.foretold.domain_class}): {one} / {other}")

    def _check(self, trials: list[Trial], log: Log, arrived: dict[str, set[str]], boxes: MailboxList) -> None:
        for trial in trials:
            if trial.foretold.domain_class == "default" and not trial.inside:
                self.counts["refused"] += 1
                if "Relay access denied" not in trial.answer:
                    self.wrong.append(f"{trial.address} is no business of ours, but {trial.answer}")
            elif trial.foretold.why.startswith("refused"):
                self.counts["refused"] += 1
                self._same(trial, "refusal", self._refusal(trial), self._answered(trial))
            elif not trial.queue_id:
                self.wrong.append(f"{trial.address} was to be taken: {self._ends(trial)} / {trial.answer}")
            else:
                came = self._came(trial, log, arrived)
                words = " ".join(line[3] for line in log.family(trial.queue_id))
                expected = self._expected(trial, boxes)
                if came != expected and self._waits(trial):
                    # Another's first message made the folder; this one may have come before it.
                    expected = self._expected(trial, boxes, shut=self._shut_before)
                self._same(trial, f"delivery ({words})", expected, came)

    def _virtual_ends(self, trial: Trial) -> Iterator[str]:
        """The virtual mailboxes in which a message is to end."""
        for end in trial.foretold.final:
            if end.how in {"maildir", "mbox"}:
                yield re.sub(r"\+[^@]*@", "@", end.address)

    def _shut(self, trials: list[Trial], boxes: MailboxList) -> frozenset[str]:
        """The mailboxes whose rows say now that their mail will wait."""
        found = set()
        for plain in {plain for trial in trials for plain in self._virtual_ends(trial)}:
            place = boxes.find(("virtual", plain))
            if place is not None and any(w in text for w in _SHUT for text in boxes.row(place).warnings):
                found.add(plain)
        return frozenset(found)

    def _waits(self, trial: Trial) -> bool:
        return any(plain in self._shut_before for plain in self._virtual_ends(trial))

    def _expected(self, trial: Trial, boxes: MailboxList, shut: frozenset[str] = frozenset()) -> set[str]:
        """What is foretold, with what a mailbox's row adds: a warning that its folder takes no mail. `shut`:
        mailboxes that took none when the mail was sent."""
        if trial.foretold.why:
            return {f"not delivered to {trial.address}"}
        found = self._ends(trial)
        for end in trial.foretold.final:
            plain = re.sub(r"\+[^@]*@", "@", end.address)
            place = boxes.find(("virtual", plain)) if end.how in {"maildir", "mbox"} else None
            if place is None:
                continue
            row = boxes.row(place)
            self.counts["rows"] += 1
            self._same(trial, "the mailbox's row", row.path, end.delivery)
            is_shut = plain in shut or any(words in text for words in _SHUT for text in row.warnings)
            other = next((m for text in row.warnings if (m := _OTHER.search(text))), None)
            if other is not None and plain != end.address:  # another user than its own writes it
                self.counts["extended"] += 1
                told = Folders(row.base).words(row.path, row.format, int(other[1]), int(other[2]))
                is_shut = bool(told)
            if is_shut:
                self.counts["warned"] += 1
                found -= {f"{kind} {end.delivery.rstrip('/')}" for kind in ("maildir", "file")}
                found.add(f"not delivered to {end.address}")
        return found

    @staticmethod
    def _refusal(trial: Trial) -> tuple[str, str]:
        """Code and reason: `refused 550 User unknown in local recipient table`. What went wrong in expanding an
        alias smtpd(8) does not tell its client."""
        _, code, words = trial.foretold.why.split(" ", 2)
        return code, re.sub(r"(Alias expansion error): .*", r"\1", words)

    @staticmethod
    def _answered(trial: Trial) -> tuple[str, str]:
        code, _, words = trial.answer.partition(" ")
        return code, words.rpartition("rejected: ")[2]

    def _domains(self, instance: Instance, made: list[Setup]) -> None:
        """The list of domains has each in its class, and none that nobody hosts."""
        rows = {row.domain: row for row in domain_list(instance, instance).rows() if row.counts}
        for setup in made:
            for name, kind in setup.domains.items():
                said = rows[name].domain_class if name in rows else "missing"
                if said != kind:
                    self.wrong.append(f"domain list: {name} is {kind}, and said to be {said}")
            row = rows.get(setup.unhosted)
            if row is not None and row.domain_class != "default":
                self.wrong.append(f"domain list: {setup.unhosted} is said to be {row.domain_class}")


def main() -> None:
    seed, setups, at_once = (int(word) for word in sys.argv[1:])
    rounds = Rounds(Path(os.environ["MAILTUI_CONFIG_DIR"]), seed)
    begun = time.monotonic()
    rounds.run(setups, at_once)
    told = {"counts": rounds.counts, "wrong": rounds.wrong, "refused": rounds.refused}
    print(json.dumps({**told, "seconds": round(time.monotonic() - begun, 1)}))


if __name__ == "__main__":
    main()
