"""Just enough DER (ITU-T X.690) to take the public half out of a private key, and to write it down.

Understood: RSAPrivateKey (RFC 8017 A.1.2), PrivateKeyInfo with RSA or Ed25519 (RFC 5208, 8410), and
SubjectPublicKeyInfo (RFC 5280). Nothing secret is kept.
"""

from __future__ import annotations

from typing import NamedTuple

_INTEGER, _BITS, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
_RSA = bytes.fromhex("2a864886f70d010101")  # 1.2.840.113549.1.1.1
_ED25519 = bytes.fromhex("2b6570")  # 1.3.101.112
_NULL = b"\x05\x00"
ED25519_BYTES = 32


class BadDer(ValueError):
    """Bytes that are no such key. The text says what is wrong."""


class Public(NamedTuple):
    """The public half: `data` is what stands behind `p=` before base64: SubjectPublicKeyInfo for rsa, the
    bare 32 bytes for ed25519."""

    kind: str
    bits: int
    data: bytes


class _Item(NamedTuple):
    tag: int
    body: bytes


def _items(raw: bytes) -> list[_Item]:
    found: list[_Item] = []
    at = 0
    while at < len(raw):
        if at + 2 > len(raw):
            raise BadDer("it ends in the middle")
        tag, length = raw[at], raw[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > len(raw):
                raise BadDer("a length in it makes no sense")
            length = int.from_bytes(raw[at : at + size], "big")
            at += size
        if at + length > len(raw):
            raise BadDer("it ends in the middle")
        found.append(_Item(tag, raw[at : at + length]))
        at += length
    return found


def _inside(raw: bytes, tag: int = _SEQUENCE) -> list[_Item]:
    items = _items(raw)
    if len(items) != 1 or items[0].tag != tag:
        raise BadDer("it is no key")
    return _items(items[0].body)


def _written(tag: int, body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(body).to_bytes(size, "big") + body


def of_private(raw: bytes) -> Public:
    """The public half of a private key in DER. Raises BadDer; an Ed25519 key has none in it (`data` is
    empty): it must be worked out."""
    items = _inside(raw)
    tags = [item.tag for item in items]
    if tags[:3] == [_INTEGER, _SEQUENCE, _OCTETS]:
        return _wrapped(items)
    if tags[:3] == [_INTEGER, _INTEGER, _INTEGER] and len(items) >= 9:
        return _rsa(items[1].body, items[2].body)
    raise BadDer("it is no private key that opendkim can use")


def _wrapped(items: list[_Item]) -> Public:
    kind = _items(items[1].body)
    if not kind or kind[0].tag != _OBJECT:
        raise BadDer("it does not say what kind of key it is")
    if kind[0].body == _RSA:
        return of_private(items[2].body)
    if kind[0].body == _ED25519:
        return Public("ed25519", ED25519_BYTES * 8, b"")
    raise BadDer("it is neither an RSA nor an Ed25519 key")


def _rsa(modulus: bytes, exponent: bytes) -> Public:
    key = _written(_SEQUENCE, _written(_INTEGER, modulus) + _written(_INTEGER, exponent))
    algorithm = _written(_SEQUENCE, _written(_OBJECT, _RSA) + _NULL)
    data = _written(_SEQUENCE, algorithm + _written(_BITS, b"\0" + key))
    return Public("rsa", int.from_bytes(modulus, "big").bit_length(), data)


def of_public(raw: bytes) -> Public:
    """What a SubjectPublicKeyInfo holds; of a bare RSAPublicKey (which RFC 6376 3.6.1
    names) the same. Raises BadDer."""
    items = _inside(raw)
    if [item.tag for item in items] == [_INTEGER, _INTEGER]:
        return _rsa(items[0].body, items[1].body)
    if [item.tag for item in items] != [_SEQUENCE, _BITS]:
        raise BadDer("it is no public key")
    kind = _items(items[0].body)
    bits = items[1].body[1:]
    if kind and kind[0].body == _ED25519:
        return Public("ed25519", len(bits) * 8, bits)
    if not kind or kind[0].body != _RSA:
        raise BadDer("it is neither an RSA nor an Ed25519 key")
    numbers = _inside(bits)
    if len(numbers) != 2:
        raise BadDer("it is no RSA key")
    return _rsa(numbers[0].body, numbers[1].body)
