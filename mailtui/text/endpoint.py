"""An address with a port, as people write it."""

from __future__ import annotations


def address_and_port(text: str, port: int = 53) -> tuple[str, int]:
    """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353` as address and port. Raises
    ValueError for anything else."""
    from ipaddress import ip_address

    bare, sign, number = text.strip().rpartition(":")
    if not sign or (":" in bare and not bare.endswith("]")):
        bare, number = text.strip(), str(port)
    bare = bare.removeprefix("[").removesuffix("]")
    if not number.isdecimal() or not 0 < int(number) < 65536:
        raise ValueError(f"{number} is no port")
    return str(ip_address(bare)), int(number)
