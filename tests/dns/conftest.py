"""The name server of this folder's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailtui.demo.nameserver import Nameserver
from mailtui.dns.ask import Names
from tests.dns.zones import WORLD


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nameserver]:
    path = tmp_path_factory.mktemp("dns") / "names"
    path.write_text(WORLD)
    with Nameserver(path, port=0) as running:
        yield running


@pytest.fixture
def ask(world: Nameserver) -> Callable[..., Names]:
    def asking(timeout: float = 5.0, rate: float = 0.0) -> Names:
        return Names(nameservers=[f"{world.address}:{world.port}"], timeout=timeout, rate=rate)

    return asking
