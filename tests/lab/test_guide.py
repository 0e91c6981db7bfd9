"""Every command of README.md and the guide, run in its order on a fresh Falcot Corp mail server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtui.demo.lab import WAIT, Lab
from mailtui.demo.traffic import PARTNER
from tests.guide import PAGES, ROOT, Command, as_printed, commands
from tests.lab.guideshell import Files, Shell

STORY = "3FCA722E68E"
"""The queue id that pages name, where the log has another one."""
ELSEWHERE: dict[str, str] = {}
"""Commands of the pages that are not run here, with the reason."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(filters=True) as running:
        limit = time.monotonic() + WAIT
        while not running.mailtui("milter", "ping").ok:  # the filters start beside what is started first
            assert time.monotonic() < limit, "the filters do not answer"
        yield running


@pytest.fixture(scope="module")
def shell(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with Shell(lab, tmp_path_factory.mktemp("answers")) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(lab: Lab) -> Files:
    return Files(lab)


def _mail_waits(lab: Lab) -> str:
    """Laure's password is known to a stranger, whose mail waits; the queue id of one message."""
    after = lab.log_size()
    lab.send("fax@falcot.com", sender="billing@bank.example", login="laure@falcot.com")
    found = lab.logged(r"(\w+): to=<fax@falcot.com>.*status=deferred", after=after)
    return found[1]


def _story(lab: Lab) -> str:
    """A message came for the webmaster; its queue id."""
    after = lab.log_size()
    lab.send("webmaster@falcotsbrand.com", client=PARTNER)
    return lab.logged(r"qmgr\[\d+\]: (\w+): removed", after=after)[1]


BEFORE: dict[str, Callable[[Lab], str]] = {"queue": _mail_waits, "log": _story}
"""What must have happened before a page begins: its queue id stands for STORY."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_says_is_so(page: Path, lab: Lab, shell: Shell, files: Files, tmp_path: Path) -> None:
    told = commands(page)
    shell.begin(tmp_path)
    files.restore()
    queue_id = BEFORE[page.stem](lab) if page.stem in BEFORE else STORY
    for command in told:
        if command.text not in ELSEWHERE:
            _holds(command, shell, queue_id)
    if page.stem in BEFORE:
        lab.run("postsuper", "-c", str(lab.config_dir), "-d", "ALL")


def _holds(command: Command, shell: Shell, queue_id: str) -> None:
    answer = shell.run(command.text.replace(STORY, queue_id))
    out, notes = (text.replace(queue_id, STORY) for text in (answer.out, answer.notes))
    assert answer.status == command.status, f"{command.where}\n{out}{notes}"
    if command.prints is not None:
        fits = any(as_printed(command.prints, text) for text in (out, out + notes))
        assert fits, f"{command.where} prints\n{out}{notes}"


def test_what_is_not_run_is_on_a_page() -> None:
    texts = {command.text for page in PAGES for command in commands(page)}
    assert set(ELSEWHERE) <= texts
    assert not re.search(r"--follow", " ".join(texts - set(ELSEWHERE)))
    assert len(texts) > 120
    assert [page.name for page in (ROOT / "docs" / "guide").glob("*.md") if not commands(page)] == []
