"""`$name` expansion against the real postconf."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.formats.macros import MacroError, expand, level
from tests.formats.macrovalues import VALUES
from tests.postconf import postconf, write

_WORDS = r"""
$full ${full} $(full) a$full-b $$ $$full $$$full ${full?x} ${empty?x} ${full:x} ${empty:x} ${nope} ${nope?x} $full.$host
${full?a:b} ${empty?a:b} ${full?{a}:{b}} ${empty?{a}:{b}} ${full?{a}:b} ${full?{a}:} ${full?} ${full:} ${full?{}} ${:x}
${{$ten}=={010}} ${{$ten}=={$zten}} ${{a}=={b}:{z}} ${{$v310}>level{$v39}} ${{$v310}>{$v39}?{a}:{b}} ${{1}<level{2}?{a}}
${{+1}<level{2}?{a}} ${{2}>{10}} ${{a}<{B}} ${{a}<={a}} ${{b}>={a}} ${{b}!={a}?{yes}} ${full??x} ${empty::x} $(full?{x})
$({a}=={a}) ${{$full}=={yes}?{$host}} $host:$num }$full {$full} $chain $deep ${full?${empty:n}} ${{}=={}} ${{{a}}=={{a}}}
x${full?{${host}}:{$nope}}y ${full?$$} ${full?$(host)} $_x $full_x ${{${deep}}!={}?{$deep}} ${{1.2}==level{1.2.0}} ${?x}
${full?)} $(full?})
"""

GOOD = [
    *_WORDS.split(),
    "${ full }", "${ full ?{x}}", "${full ? {a b} : {c}}", "${full? {a} }", "${empty?{a}:b c}", "${nope:x y}",
    "${{$ten} == {$zten} ? {s} : {d}}", "${{ 1} <level {2}?{a}}", "${{1. 2} <level {2}?{a}}", "$host $full",
    "${{x} != {y}}", "${{9223372036854775807} == {1}:{n}}", "${full?{a{b}c}:{d}}",
]  # fmt: skip

BAD = [
    "$", "$-", "${}", "$()", "${full", "$(full", "${a-b}", "${full?{a}b}", "${full?{a}:{b}c}", "${full:{x}y}", "$ full",
    "${{x} =level {y}}", "${{1.x} <level {2}?{a}}", "${{-1} <level {2}?{a}}", "${{1.} <level {2}?{a}}", "${{a}~{b}}",
    "${{1 } <level {2}?{a}}", "${{1.2.3.4} <level {2}?{a}}", "${{a} == b}", "${{a} == {b} junk}", "${{a}==foo{b}}",
    "${{99999999999999999999} == {1}}", "${{a}==level{b}}", "(${full)}", "${{1}<level{1.2000}}", "${{a}", "$loop",
    "${full?{$}}", "${{a} {b}}", "${{$}=={a}}", "${{$ten}==010}",
]  # fmt: skip

LOOPS = {"loop": "$loop"}


def as_main_cf(forms: list[str]) -> bytes:
    """A main.cf whose parameters `form0`, `form1` … hold the forms; restriction classes are known names."""
    named = {**VALUES, **LOOPS, **{f"form{number}": form for number, form in enumerate(forms)}}
    lines = [f"smtpd_restriction_classes = {' '.join(named)}", *(f"{n} = {v}" for n, v in named.items())]
    return "\n".join(lines).encode() + b"\n"


def really(folder: Path, forms: list[str]) -> list[str]:
    write(folder, as_main_cf(forms))
    code, out, error = postconf(folder, "-x", *(f"form{number}" for number in range(len(forms))))
    assert code == 0, error
    result = {}
    for line in out.decode().splitlines():
        name, _, value = line.partition(" =")
        result[name] = value.strip()
    return [result[f"form{number}"] for number in range(len(forms))]


def ours(form: str) -> str:
    """Runs of blanks made one, as postconf prints them."""
    return " ".join(expand(form, {**VALUES, **LOOPS}.get).split())


def test_forms_mean_what_they_mean_to_postconf(tmp_path: Path) -> None:
    real = really(tmp_path, GOOD)
    assert dict(zip(GOOD, map(ours, GOOD), strict=True)) == dict(zip(GOOD, real, strict=True))


def test_what_kills_postconf_is_an_error(tmp_path: Path) -> None:
    running = []
    for number, form in enumerate(BAD):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder, as_main_cf([form]))
        command = ["postconf", "-c", str(folder), "-xh", "form0"]
        running.append(
            (form, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        )
    assert [form for form, process in running if process.wait(timeout=30) == 0] == []
    for form in BAD:
        with pytest.raises(MacroError):
            expand(form, {**VALUES, **LOOPS}.get)


_text = st.sampled_from(["a", "b c", "1", "09", ":", "?", "$$", "-", "{x}", "", " ", "3.1"])
_name = st.sampled_from([*VALUES, "nope", "_x"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blank = st.sampled_from(["", " "])
    braced = st.builds("{{{}}}".format, inner)
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("${{{}?{}}}".format, _name, inner),
        st.builds("${{{}:{}}}".format, _name, inner),
        st.builds("$({}?{})".format, _name, braced),
        st.builds("${{{0}{1}?{1}{2}{1}:{1}{3}}}".format, _name, blank, braced, braced),
        st.builds(
            "${{{0}{1}{2}{1}{3}{1}?{4}:{5}}}".format,
            braced,
            blank,
            st.sampled_from(["==", "!=", "<", "<=", ">=", ">", "<level", "==level"]),
            braced,
            braced,
            braced,
        ),
    )


_forms = st.recursive(
    st.one_of(_text, st.builds("${}".format, _name), st.builds("${{{}}}".format, _name)), _grow
)


@given(forms=st.lists(_forms, min_size=20, max_size=40))
@settings(max_examples=12, deadline=None)
def test_any_form_expands_as_in_postconf(forms: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    good = []
    for form in forms:
        try:
            good.append((form, ours(form)))
        except MacroError:
            continue  # its like is tried in the list of bad ones: each takes postconf a second
    folder = tmp_path_factory.mktemp("macros", numbered=True)
    assert good == list(
        zip([form for form, _ in good], really(folder, [form for form, _ in good]), strict=True)
    )


@given(st.text(max_size=40))
def test_any_text_expands_or_is_an_error(text: str) -> None:
    try:
        expanded = expand(text, lambda _: None)
    except MacroError:
        assert "$" in text
    else:
        assert "$" in text or expanded == text


def test_a_value_may_refer_a_hundred_levels_deep_and_no_deeper(tmp_path: Path) -> None:
    def chain(length: int) -> dict[str, str]:
        return {f"n{i}": f"$n{i + 1}" for i in range(length)} | {f"n{length}": "end"}

    assert expand("$n0", chain(98).get) == "end"
    lines = [f"{name} = {value}" for name, value in chain(98).items()]
    write(tmp_path, "\n".join(["smtpd_restriction_classes = n0", *lines, ""]).encode())
    assert postconf(tmp_path, "-xh", "n0")[1] == b"end\n"
    with pytest.raises(MacroError, match="circle"):
        expand("$n0", chain(101).get)


def test_circles_and_explosions_end(tmp_path: Path) -> None:
    with pytest.raises(MacroError, match="circle"):
        expand("$a", {"a": "${{$a} == {b}}"}.get)
    doubling = {f"n{i}": f"$n{i + 1}$n{i + 1}" for i in range(90)}
    with pytest.raises(MacroError, match="circle"):
        expand("$n0", doubling.get)


def test_levels_compare_by_number() -> None:
    assert level("3.10") > level("3.9") == level("3.9.0")
    assert level("2") == level("2.0") == level("2.0.0") == (2, 0, 0)
    for wrong in ("", ".", "x", "1.1024", "1.2.3.4", "1 "):
        with pytest.raises(MacroError):
            level(wrong)
