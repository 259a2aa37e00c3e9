"""Password hashes and the rules that passwords keep."""

import asyncio
import time

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import OverloadedError
from hastecrm.core.password_rules import LONGEST, SHORTEST, problems
from hastecrm.core.passwords import MEMORY_KIB, PASSES, THREADS, WAITING, Passwords

GOOD = "plum harvest at dawn"
ADA = ("ada.lovelace@example.com", "Ada Lovelace")


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords()
    hashed = await passwords.hash(GOOD)

    assert hashed.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$")
    assert await passwords.matches(GOOD, hashed)
    assert not await passwords.matches(GOOD + " ", hashed)
    assert not await passwords.matches(GOOD, "no hash at all")
    assert hashed != await passwords.hash(GOOD)
    await passwords.close()


async def test_nobodys_password_is_checked_with_the_same_work() -> None:
    passwords = Passwords()
    hashed = await passwords.hash(GOOD)

    async def cpu(against: str | None) -> float:
        samples = []
        for _ in range(7):
            started = time.process_time()
            assert not await passwords.matches("wrong password", against)
            samples.append(time.process_time() - started)
        return sorted(samples)[3]

    known, unknown = await cpu(hashed), await cpu(None)
    await passwords.close()

    assert 0.5 < unknown / known < 2


async def test_letters_composed_in_another_way_are_the_same_password() -> None:
    passwords = Passwords()

    assert await passwords.matches("cafe\u0301 au lait 3", await passwords.hash("caf\u00e9 au lait 3"))
    await passwords.close()


async def test_hashes_of_other_parameters_are_outdated_and_still_match() -> None:
    passwords = Passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1, type=Type.ID).hash(GOOD)

    assert await passwords.matches(GOOD, weak)
    assert passwords.is_outdated(weak)
    assert passwords.is_outdated("no hash at all")
    assert not passwords.is_outdated(await passwords.hash(GOOD))
    await passwords.close()


async def test_a_full_queue_sends_away_at_once_and_takes_in_again_later() -> None:
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.hash(GOOD)) for _ in range(THREADS + WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(OverloadedError, match="Too many people"):
        await passwords.hash(GOOD)

    for task in waiting[THREADS:]:
        task.cancel()
    await asyncio.wait(waiting)
    assert passwords.admission.waiting == passwords.admission.in_use == 0
    assert await passwords.hash(GOOD)
    await passwords.close()


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "x8#Kq2!vLm0$wz",
        "correct horse battery staple",
        "пароль лежит в снегу",
        "青い空と海 雲が流れて夏",
        " leading and trailing ",
        "a" * 3 + "zorblatt quib" * 4,
    ],
)
def test_long_passwords_of_any_kind_are_taken(password: str) -> None:
    assert problems(password, about=ADA) == []


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", f"at least {SHORTEST}"),
        ("", f"at least {SHORTEST}"),
        ("x" * (LONGEST + 1), f"at most {LONGEST}"),
        ("1qaz2wsx3edc", "tried first"),
        ("Password1234", "tried first"),
        ("P@ssw0rd!!!!", "tried first"),
        ("manchester2024", "tried first"),
        ("passwordpassword", "tried first"),
        ("aaaaaaaaaaaaaaaa", "tried first"),
        ("abcabcabcabcabc", "tried first"),
        ("abcdefghijklmnop", "tried first"),
        ("987654321098", "tried first"),
        ("123456789012345", "tried first"),
        ("!!!!!!!!!!!!!", "tried first"),
        ("my lovelace dress", "your name"),
        ("ADA.LOVELACE and more", "your name"),
        ("I love HasteCRM a lot", "name of this product"),
        ("\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff441234", "tried first"),
    ],
)
def test_each_rule_says_what_is_wrong(password: str, said: str | None) -> None:
    found = problems(password, about=ADA)

    assert said in " ".join(found)


def test_short_names_forbid_nothing() -> None:
    assert problems("a canal of amber", about=("al@example.com", "Al Ba")) == []


@given(st.text(max_size=300))
def test_no_text_breaks_the_rules(password: str) -> None:
    assert all(isinstance(sentence, str) for sentence in problems(password, about=("é@x.org", password)))
