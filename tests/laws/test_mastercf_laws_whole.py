"""Every master.cf of the corpus: read as postconf reads it, edited without touching anything else.

What postconf reads after an edit is compared with what it reads before: the edited entry alone differs. Then
the edit is taken back: the bytes are the same again, or the layout is one of `mastercf_shapes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import pytest

from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masterentry import FIELDS, Service
from mailtui.formats.splice import Missing, Refused, Splice, apply_splices, inverse
from tests.laws import mastercf_edits
from tests.laws.mastercf_edits import Key, Trial
from tests.laws.mastercf_shapes import reason, refusal
from tests.laws.realconf import RealFolder, ServicesRead, options_printed, printed
from tests.laws.whole import WHOLE, corpus, differs, sample, tally

READING, SERVICES, OPTIONS = (
    f"master.cf, {law}" for law in ("read", "services edited", "options of services edited")
)


def dying(document: MasterCf) -> list[int]:
    """The entries that postconf dies of, by the numbers of their logical lines."""
    lines = [problem.line - 1 for problem in document.problems if "postconf dies" in problem.text]
    return [at for at, layout in enumerate(document.layouts) if set(layout.members) & set(lines)]


def healed(raw: bytes) -> MasterCf:
    """A master.cf that postconf reads: what it dies of is commented out."""
    document = MasterCf.parse(raw)
    starts = document.lines.starts
    numbers = [n for at in dying(document) for n in document.layouts[at].members]
    return document.spliced([Splice(starts[number], starts[number], b"#") for number in numbers])


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def real_files(few: int) -> pytest.MarkDecorator:
    """Runs a test on each real master.cf, or on a few; once without one where there is no corpus."""
    chosen: Sequence[Path | None] = corpus("master.cf", few, templated=True) or [None]
    return pytest.mark.parametrize("path", chosen, ids=[label(p) if p else "none" for p in chosen])


def in_force(document: MasterCf) -> list[Service]:
    return [service for service in document.services if service.enabled]


def counting(document: MasterCf) -> dict[Key, Service]:
    """Of each name and type the entry that counts."""
    return {(service.name, service.type): service for service in in_force(document)}


def agrees(document: MasterCf, read: ServicesRead) -> None:
    """postconf prints the entries and their options as the document has them.

    To each of several entries of one name and type `postconf -P` gives the options of them all, but none to
    those above the first with an option.
    """
    services = in_force(document)
    assert read.entries == [printed(service) for service in services]
    options: dict[Key, dict[str, bytes]] = {}
    keys: list[Key] = []
    for service in services:
        key = (service.name, service.type)
        options.setdefault(key, {}).update(service.values)
        keys += [key] if options[key] else []
    assert read.options == Counter(chain(*(options_printed(key, options[key]) for key in keys)))


# -- reading


@pytest.mark.law
@real_files(40)
def test_postconf_reads_the_same(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    raw, real = path.read_bytes(), RealFolder(tmp_path)
    document = healed(raw)
    if document.raw != raw:
        differs(READING, label(path), "postconf refuses the file: an entry with too few or wrong fields")
        if WHOLE:  # it takes postconf a second to die
            assert isinstance(real.master_cf(raw), str)
    read = real.master_cf(document.raw)
    assert isinstance(read, ServicesRead), read
    agrees(document, read)
    options = sum(len(service.values) for service in in_force(document))
    tally(READING, files=1, services=len(in_force(document)), options=options)


# -- edits


class Bench:
    """A master.cf, and what postconf reads in it before any edit."""

    def __init__(self, law: str, path: Path, folder: Path) -> None:
        self.law, self.path = law, path
        self.document = healed(path.read_bytes())
        self.services = counting(self.document)
        self.real = RealFolder(folder)
        self.counts = Counter(files=1)
        self.before = self._read(self.document)

    def _read(self, document: MasterCf) -> ServicesRead:
        read = self.real.master_cf(document.raw)
        assert isinstance(read, ServicesRead), read
        agrees(document, read)
        self.counts["readings by postconf"] += 1
        return read

    def attempt(self, trials: Iterable[Trial]) -> None:
        """The edits, what they do to the file and to what postconf reads, and their end."""
        for group in rounds(trials, self.document):
            found = [(trial, self._there_and_back(trial)) for trial in group]
            made = [(trial, splices) for trial, splices in found if splices]
            raw = apply_splices(self.document.raw, chain(*(splices for _, splices in made)))
            after = MasterCf.parse(raw)
            read, keys = self._read(after), {trial.key for trial, _ in made}
            assert others_read(read, keys) == others_read(self.before, keys), keys
            for trial, _ in made:
                says(trial, self.services.get(trial.key), counting(after).get(trial.key))

    def _there_and_back(self, trial: Trial) -> list[Splice]:
        """What the edit writes; nothing where it is refused for a reason."""
        self.counts["edits"] += 1
        try:
            splices = trial.forth(self.document)
        except (Refused, Missing):
            self._differs(trial, refusal(self.document, trial))
            return []
        mid = apply_splices(self.document.raw, splices)
        assert apply_splices(mid, inverse(self.document.raw, splices)) == self.document.raw
        after = MasterCf.parse(mid)
        back = after.spliced(trial.back(after))
        if back.raw == self.document.raw:
            self.counts["back to the byte"] += 1
            return splices
        self._differs(trial, reason(self.document, trial))
        was, now = self.services.get(trial.key), counting(back).get(trial.key)
        assert (was is None) == (now is None)
        if was is not None and now is not None:
            assert (now.fields, now.values) == (was.fields, was.values)
        assert others(back, trial.key) == others(self.document, trial.key)
        return splices

    def _differs(self, trial: Trial, why: str) -> None:
        assert why, f"{trial.what}: {trial.key}: refused, or other bytes once it is taken back"
        differs(self.law, f"{label(self.path)}: {'/'.join(trial.key)}", f"{trial.what}: {why}")
        self.counts["with a reason"] += 1


def says(trial: Trial, was: Service | None, now: Service | None) -> None:
    """The entry is what it was but for what the trial is about."""
    if trial.gone:
        assert now is None
        return
    assert now is not None, trial.key
    fields = dict(zip(FIELDS, was.fields, strict=True)) if was else {}
    assert dict(zip(FIELDS, now.fields, strict=True)) == {**fields, **trial.fields}, trial
    options = {**(was.values if was else {}), **trial.options}
    assert now.values == {name: value for name, value in options.items() if value is not None}, trial


def others(document: MasterCf, key: Key) -> list[tuple[tuple[str, ...], tuple[bytes, ...]]]:
    return [(s.fields, s.arguments) for s in in_force(document) if (s.name, s.type) != key]


def others_read(read: ServicesRead, keys: Collection[Key]) -> list[bytes]:
    """The entries that postconf prints, but those of these names and types."""
    heads = tuple(f"{name} {type_} ".encode("utf-8", "surrogateescape") for name, type_ in keys)
    return [entry for entry in read.entries if not entry.startswith(heads)]


def rounds(trials: Iterable[Trial], document: MasterCf, most: int = 8) -> Iterator[list[Trial]]:
    """The trials in groups whose edits can be made at once: each of another service, none next to another.

    What adds a service, brings one back or makes a last line where the newline is missing is tried alone.
    """
    places = {(s.name, s.type): at for at, s in enumerate(document.services) if s.enabled}
    last = max(places.values(), default=0)
    waiting: dict[Key, list[Trial]] = {}
    for trial in trials:
        if trial.key not in places or (places[trial.key] == last and document.lines.ends_open):
            yield [trial]
        else:
            waiting.setdefault(trial.key, []).append(trial)
    while waiting:
        keys = sorted(waiting, key=lambda key: -len(waiting[key]))[:most]
        yield [waiting[key].pop() for key in keys]
        waiting = {key: rest for key, rest in waiting.items() if rest}


@pytest.mark.law
@real_files(12)
def test_a_service_is_edited_and_no_other(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    bench = Bench(SERVICES, path, tmp_path)
    off = {(s.name, s.type): s for s in bench.document.services if not s.enabled}
    absent = [service for key, service in off.items() if key not in bench.services]
    edits = (
        *chain(*(mastercf_edits.of_fields(service) for service in bench.services.values())),
        *chain(*(mastercf_edits.of_service(bench.document, service) for service in bench.services.values())),
        *chain(*(mastercf_edits.of_commented(service) for service in absent)),
    )
    bench.counts["services"] = len(bench.services)
    bench.attempt([*sample(edits, 12, path.name), *mastercf_edits.of_new()])
    tally(SERVICES, **bench.counts)


@pytest.mark.law
@real_files(12)
def test_an_option_is_edited_and_no_other(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    bench = Bench(OPTIONS, path, tmp_path)
    services = bench.services.values()
    edits = tuple(chain(*(mastercf_edits.of_options(service) for service in services)))
    bench.counts["options"] = sum(len(service.values) for service in services)
    bench.attempt(sample(edits, 12, path.name))
    tally(OPTIONS, **bench.counts)
