"""Sealed secrets: opened in their place with a known key, and in no other way."""

import pytest

from hastecrm.core.keys import Key, KeyRing
from hastecrm.core.sealing import Sealer, SealError

OLD, NEW = (Key.derived(f"secret key number {n}", "sealing") for n in range(2))
SECRET = b"JBSWY3DPEHPK3PXP"


def test_what_is_sealed_opens_in_its_place_only() -> None:
    sealer = Sealer(KeyRing((NEW,)))
    sealed = sealer.seal(SECRET, "totp of 1")

    assert sealer.open(sealed, "totp of 1") == SECRET
    assert SECRET not in sealed
    with pytest.raises(SealError, match="another place"):
        sealer.open(sealed, "totp of 2")


def test_the_same_secret_never_looks_the_same() -> None:
    sealer = Sealer(KeyRing((NEW,)))

    assert len({sealer.seal(SECRET, "x") for _ in range(100)}) == 100


def test_the_previous_key_opens_until_it_is_taken_away() -> None:
    sealed = Sealer(KeyRing((OLD,))).seal(SECRET, "x")
    both = Sealer(KeyRing((NEW, OLD)))

    assert both.open(sealed, "x") == SECRET
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(SECRET, "x"))
    with pytest.raises(SealError, match="not known any more"):
        Sealer(KeyRing((NEW,))).open(sealed, "x")


@pytest.mark.parametrize("at", range(0, 53, 4))
def test_a_changed_byte_anywhere_is_noticed(at: int) -> None:
    sealer = Sealer(KeyRing((NEW,)))
    sealed = bytearray(sealer.seal(SECRET, "x"))
    assert len(sealed) == 53
    sealed[at] ^= 1

    with pytest.raises(SealError):
        sealer.open(bytes(sealed), "x")


@pytest.mark.parametrize("junk", [b"", b"\x01", SECRET, b"\x01" + bytes(60)])
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealError):
        Sealer(KeyRing((NEW,))).open(junk, "x")
