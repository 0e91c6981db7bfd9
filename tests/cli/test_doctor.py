"""`mailtui doctor`: the worst first, an exit code, one JSON document."""

from __future__ import annotations

from tests.cli.conftest import Shop, instance_dir, shop

__all__ = ["instance_dir", "shop"]


def test_findings_for_a_human_and_for_a_program(shop: Shop) -> None:
    main = shop.folder / "main.cf"
    main.write_text(
        f"{main.read_text()}inet_interfaces = all\nmynetworks = 127.0.0.0/8 0.0.0.0/0\nsoft_bounce = yes\n"
    )
    plain = shop.run("doctor")
    assert plain.status == 1
    assert plain.out.startswith("error     an open relay: everybody can send anywhere\n")
    assert "fix: - 0.0.0.0/0 out of mynetworks" in plain.out
    told = shop.run("doctor", "--json").json
    assert [each["severity"] for each in told] == sorted(
        (each["severity"] for each in told), key=["error", "warning", "advice"].index
    )
    first = told[0]
    assert (first["id"], first["file"], first["fix"]) == (
        "open-relay",
        str(main),
        "- 0.0.0.0/0 out of mynetworks",
    )
    assert main.read_text().split("\n")[first["line"] - 1].startswith("mynetworks")
    assert all({"id", "severity", "title", "file", "why", "fix"} <= set(each) for each in told)


def test_nothing_wrong(shop: Shop) -> None:
    main = shop.folder / "main.cf"
    main.write_text("compatibility_level = 3.6\n")
    done = shop.run("doctor")
    assert (done.status, done.out) == (0, "nothing is wrong that mailtui knows to look for\n")
    assert shop.run("doctor", "--json").json == []
