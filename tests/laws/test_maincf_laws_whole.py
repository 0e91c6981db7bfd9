"""Every main.cf of the corpus: read as postconf reads it, edited without touching anything else.

What postconf reads after an edit is compared with what it reads before: the edited name alone differs. Then
the edit is taken back: the bytes are the same again, or the layout is one of `maincf_shapes`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Refused, Splice, apply_splices, inverse
from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from mailtui.text.safe import decode, encode
from tests.laws import maincf_edits
from tests.laws.maincf_edits import NEW_NAME, VALID, Trial, new_value
from tests.laws.maincf_shapes import reason, refusal, several_lines
from tests.laws.realconf import MainRead, RealFolder, as_items, disagreement, shown, squeezed
from tests.laws.whole import WHOLE, corpus, differs, sample, tally

READING, VALUES, ITEMS, EDITS = (
    f"main.cf, {law}" for law in ("read", "parameters edited", "items of lists edited", "edits staged")
)

REFUSED_VALUES = {
    (
        "main.cf",
        "i-MSCP__imscp__1.txt",
    ): "inet_protocols is a word that a script replaces: postconf dies of it",
}
"""Files with lines as they should be that postconf still refuses."""

LOOKED_UP = re.compile(
    r"fatal: .*(inet_interfaces: host not found|unknown inet_protocols value|mynetworks_style|mask style)"
)


def healed(raw: bytes) -> bytes:
    """A main.cf of which no Postfix program dies: lines that are no `name = value` get a name."""
    document = MainCf.parse(raw)
    for problem in reversed([p for p in document.problems if "dies" in p.text]):
        start = document.lines.starts[problem.line - 1]
        raw = raw[:start] + b"mailtui_healed = " + raw[start:]
    return raw


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def real_files(few: int) -> pytest.MarkDecorator:
    """Runs a test on each real main.cf, or on a few; once without one where there is no corpus."""
    chosen: Sequence[Path | None] = corpus("main.cf", few, templated=True) or [None]
    return pytest.mark.parametrize("path", chosen, ids=[label(p) if p else "none" for p in chosen])


# -- reading


@pytest.mark.law
@real_files(40)
def test_postconf_reads_the_same(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    raw, real = path.read_bytes(), RealFolder(tmp_path)
    document = MainCf.parse(healed(raw))
    if document.raw != raw:
        differs(READING, label(path), "postconf refuses the file: a line without name and =")
        if WHOLE:  # it takes postconf a second to die
            assert "missing '=' after attribute name" in str(real.main_cf(raw))
    read = real.main_cf(document.raw)
    tally(READING, files=1, parameters=len({d.name for d in document.parameters}))
    if (path.parent.name, path.name) in REFUSED_VALUES:
        assert isinstance(read, str)
        differs(READING, label(path), REFUSED_VALUES[path.parent.name, path.name])
        return
    assert isinstance(read, MainRead), read
    assert disagreement(document, read) == ""


# -- edits


class Bench:
    """A main.cf, and what postconf reads in it before any edit."""

    def __init__(self, law: str, path: Path, folder: Path) -> None:
        self.law, self.path = law, path
        self.document = readable(MainCf.parse(healed(path.read_bytes())))
        self.real = RealFolder(folder)
        self.counts = Counter(files=1)
        before = self._read(self.document)
        assert isinstance(before, MainRead), before
        self.before = before

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(d.name for d in self.document.parameters))

    def _read(self, document: MainCf) -> MainRead | str:
        read = self.real.main_cf(document.raw)
        assert isinstance(read, str) or disagreement(document, read) == ""
        self.counts["readings by postconf"] += 1
        return read

    def attempt(self, trials: Iterable[Trial]) -> None:
        """The edits, what they do to the file and to what postconf reads, and their end."""
        for group in rounds(trials, self.document):
            found = [(trial, self._there_and_back(trial)) for trial in group]
            self._reads_the_difference([(trial, splices) for trial, splices in found if splices])

    def _there_and_back(self, trial: Trial) -> list[Splice]:
        """What the edit writes; nothing where it is refused for a reason."""
        self.counts["edits"] += 1
        try:
            splices = trial.forth(self.document)
        except Refused:
            self._differs(trial, refusal(self.document, trial))
            return []
        mid = apply_splices(self.document.raw, splices)
        assert apply_splices(mid, inverse(self.document.raw, splices)) == self.document.raw
        after = MainCf.parse(mid)
        assert others(after, {trial.name}) == others(self.document, {trial.name})
        try:
            back = after.spliced(trial.back(after))
        except (Refused, LookupError):
            self._differs(trial, refusal(self.document, trial))
            return splices
        if back.raw == self.document.raw:
            self.counts["back to the byte"] += 1
        else:
            self._differs(trial, reason(self.document, trial))
            assert as_read(back, trial.name) == as_read(self.document, trial.name)
            assert others(back, {trial.name}) == others(self.document, {trial.name})
        return splices

    def _differs(self, trial: Trial, why: str) -> None:
        assert why, f"{trial.what}: {trial.name} {trial.at}: refused, or other bytes once it is taken back"
        differs(self.law, f"{label(self.path)}: {trial.what}: {trial.name}", f"{trial.what}: {why}")
        self.counts["with a reason"] += 1

    def _reads_the_difference(self, made: Sequence[tuple[Trial, Sequence[Splice]]]) -> None:
        """The edits made at once; one by one, where postconf dies of one of the new values."""
        after = MainCf.parse(apply_splices(self.document.raw, chain(*(splices for _, splices in made))))
        read = self._read(after)
        if isinstance(read, str):
            assert LOOKED_UP.search(read), read
            for one in made if len(made) > 1 else ():
                self._reads_the_difference([one])
            if len(made) == 1:
                self._differs(made[0][0], "postconf looks up the addresses for mynetworks, and dies")
            return
        names = {trial.name for trial, _ in made}
        assert others_read(read, names) == others_read(self.before, names), names
        for trial, _ in made:
            says(trial, after, read)


def says(trial: Trial, after: MainCf, read: MainRead) -> None:
    """The parameter has the value it was given."""
    standing = after.get(trial.name)
    if trial.value is None and trial.items is None:
        assert standing is None, trial.name
        return
    assert standing is not None, trial.name
    # what postconf prints, where Postfix knows the name; `disagreement` has seen to the others
    value = read.values.get(encode(trial.name), squeezed(standing.value))
    if trial.items is not None:
        assert as_items(value) == [squeezed(item) for item in trial.items], (trial.what, trial.name)
    else:
        assert value == squeezed(trial.value or b""), (trial.what, trial.name)


def readable(document: MainCf) -> MainCf:
    """The document, words of a template replaced where postconf would die of them."""
    for name, (value, *_) in VALID.items():
        standing = document.get(name)
        if standing is not None and b"{" in standing.value:
            document = document.spliced(document.set(name, value))
    return document


def rounds(trials: Iterable[Trial], document: MainCf, most: int = 8) -> Iterator[list[Trial]]:
    """The trials in groups whose edits can be made at once: each of another parameter.

    What makes a new line where the file may lack its last newline is tried alone.
    """
    waiting: dict[str, list[Trial]] = {}
    for trial in trials:
        standing = document.get(trial.name)
        if standing is None or (document.lines.ends_open and standing.end == len(document.raw)):
            yield [trial]
        else:
            waiting.setdefault(trial.name, []).append(trial)
    while waiting:
        names = sorted(waiting, key=lambda name: -len(waiting[name]))[:most]
        yield [waiting[name].pop() for name in names]
        waiting = {name: rest for name, rest in waiting.items() if rest}


def others(document: MainCf, names: Collection[str]) -> list[tuple[str, bytes]]:
    return [(d.name, d.value) for d in document.parameters if d.name not in names]


def as_read(document: MainCf, name: str) -> list[bytes] | None:
    """The items of a parameter."""
    standing = document.get(name)
    return None if standing is None else as_items(standing.value)


def others_read(read: MainRead, names: Collection[str]) -> Counter[str]:
    """All that postconf read besides the parameters `names`.

    Whether a part of Postfix asks for a parameter may hang on the value of another: used or not is one.
    """
    everything = Counter(shown(*setting) for setting in read.values.items()) + read.unused
    own = tuple(shown(encode(name), b"") for name in names)
    return Counter({text: count for text, count in everything.items() if not text.startswith(own)})


@pytest.mark.law
@real_files(16)
def test_a_parameter_is_edited_and_no_other(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    bench = Bench(VALUES, path, tmp_path)
    names = sample(bench.names, 4, path.name)
    commented = [d.name for d in bench.document.commented if d.name not in bench.names]
    absent = [*sample(list(dict.fromkeys(commented)), 2, path.name), NEW_NAME]
    bench.counts["parameters"] = len(names) + len(absent)
    of_names = (maincf_edits.of_values(bench.document, name) for name in names)
    of_absent = (maincf_edits.of_absent(bench.document, name) for name in absent)
    bench.attempt(chain(*of_names, *of_absent))
    tally(VALUES, **bench.counts)


def lists(document: MainCf, names: list[str]) -> Iterator[tuple[str, int]]:
    """The parameters with three items or more, and how many."""
    for name in names:
        count = len(document.tokens(name))
        if count >= 3:
            yield name, count


@pytest.mark.law
@real_files(16)
def test_an_item_is_edited_and_no_other(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    bench = Bench(ITEMS, path, tmp_path)
    found = dict(lists(bench.document, bench.names))
    bench.counts.update(lists=len(found), items=sum(found.values()))
    trials = [trial for name in found for trial in maincf_edits.of_items(bench.document, name)]
    bench.attempt(sample(trials, 14, path.name))
    tally(ITEMS, **bench.counts)


# -- through the edits that are staged


def staged(target: Target, document: MainCf, name: str) -> Iterator[Edit]:
    """What a screen or a command would stage for a parameter."""
    standing = document.get(name)
    new = decode(new_value(name, standing.value if standing else b""))
    if standing is None:
        yield SetParameter(target, name, new, None)
        return
    was = decode(standing.value)
    items = tuple(decode(token.text) for token in document.tokens(name))
    yield SetParameter(target, name, new, was)
    yield ResetParameter(target, name, was)
    if len(items) > 2:
        yield SetParameter(target, name, (*items[:-1], new), items)
        yield SetParameter(target, name, items[1:], items)


@pytest.mark.law
@real_files(12)
def test_a_staged_edit_and_its_inverse_are_nothing(path: Path | None, corpus: Path, tmp_path: Path) -> None:
    assert path is not None
    document = MainCf.parse(path.read_bytes())
    target = Target("main.cf", str(tmp_path / "main.cf"))
    Path(target.path).write_bytes(document.raw)
    names = sample(list(dict.fromkeys(d.name for d in document.parameters)), 6, path.name)
    counts = Counter(files=1, parameters=len(names) + 1)
    for name in [*names, NEW_NAME]:
        for edit in staged(target, document, name):
            counts["edits"] += 1
            _there_and_back(edit, document, counts)
    tally(EDITS, **counts)


def _there_and_back(edit: Edit, document: MainCf, counts: Counter[str]) -> None:
    assert merged([edit, edit.inverse()]) == ()
    candidate = Candidate(Files(), [edit])
    assert not candidate.conflicts
    assert not candidate.stopped
    if not candidate.changes:
        return  # it says what is there
    (change,) = candidate.changes
    assert apply_splices(change.before, change.splices) == change.after
    assert apply_splices(change.after, inverse(change.before, change.splices)) == document.raw
    after = MainCf.parse(change.after)
    back = after.spliced(edit.inverse().splices(after))
    assert others(after, {edit.key}) == others(document, {edit.key}) == others(back, {edit.key})
    assert as_read(back, edit.key) == as_read(document, edit.key)
    counts["back to the byte"] += back.raw == document.raw
    if isinstance(edit, SetParameter) and isinstance(edit.value, str) and edit.was is not None:
        plain = not several_lines(document, edit.name)
        trial = Trial("set", edit.name, lambda _: [], lambda _: [])
        assert back.raw == document.raw or not plain or reason(document, trial)
