"""Access tokens: what is issued is taken, and nothing else, whatever an attacker writes into it."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.authentication import Claims
from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.keys import Key, KeyRing
from hastecrm.core.tokens import AUDIENCE, ISSUER, LONGEST, TYPE, AccessTokens

OLD, NEW, STRANGE = (Key.derived(f"secret key number {n}", "access tokens") for n in range(3))
CLAIMS = Claims(UUID(int=1), UUID(int=2))
LIFETIME = timedelta(minutes=15)
TOKENS = AccessTokens(KeyRing((NEW,)), LIFETIME)
NOW = datetime.now(UTC)


def body(**changes: Any) -> dict[str, Any]:
    """The claims of a good token, with changes; None takes a claim away."""
    moment = int(NOW.timestamp())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(CLAIMS.user),
        "sid": str(CLAIMS.session),
        "iat": moment,
        "nbf": moment,
        "exp": moment + 900,
        "jti": "1",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(claims: dict[str, Any], *, key: Any = NEW.secret, algorithm: str = "HS256", **header: Any) -> str:
    headers = {"typ": TYPE, "kid": NEW.id, **header}
    return jwt.encode(claims, key, algorithm, headers=headers)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def refused(token: str, tokens: AccessTokens = TOKENS) -> Code:
    with pytest.raises(HTTPError) as caught:
        tokens.verify(token)
    return caught.value.code


def without_signature() -> str:
    return signed(body()).rpartition(".")[0] + "."


def by_hand(algorithm: str, key: bytes, digest: str) -> str:
    """A token whose algorithm and key no library would put together."""
    head = f"{part({'alg': algorithm, 'typ': TYPE, 'kid': NEW.id})}.{part(body())}"
    signature = hmac.digest(key, head.encode(), digest)
    return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def own_key() -> dict[str, Any]:
    return {"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(STRANGE.secret).decode()}}


MOMENT = int(NOW.timestamp())
RSA = rsa.generate_private_key(65537, 2048)
PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
EC = ec.generate_private_key(ec.SECP256R1())
ATTACKS = {
    "algorithm none": f"{part({'alg': 'none', 'typ': TYPE, 'kid': NEW.id})}.{part(body())}.",
    "algorithm nOnE": f"{part({'alg': 'nOnE', 'typ': TYPE, 'kid': NEW.id})}.{part(body())}.",
    "signed by RSA": signed(body(), key=RSA, algorithm="RS256"),
    "signed by ECDSA": signed(body(), key=EC, algorithm="ES256"),
    "another HMAC": by_hand("HS512", NEW.secret, "sha512"),
    "public key as shared key": by_hand("HS256", PUBLIC, "sha256"),
    "signature stripped": without_signature(),
    "signature of another": signed(body())[:-4] + "AAAA",
    "another installation's key": signed(body(), key=STRANGE.secret),
    "unknown kid": signed(body(), key=STRANGE.secret, kid=STRANGE.id),
    "kid is a path": signed(body(), kid="../../../../dev/null"),
    "kid is SQL": signed(body(), kid="x' UNION SELECT 'key"),
    "no kid": jwt.encode(body(), NEW.secret, "HS256", headers={"typ": TYPE}),
    "kid is a list": f"{part({'alg': 'HS256', 'typ': TYPE, 'kid': [NEW.id]})}.{part(body())}.AAAA",
    "jwk in the header": signed(body(), key=STRANGE.secret, **own_key()),
    "jwk beside a good signature": signed(body(), **own_key()),
    "jku in the header": signed(body(), jku="https://evil.example/keys"),
    "crit in the header": signed(body(), crit=["exp"]),
    "another type": signed(body(), typ="JWT"),
    "an id token": signed(body(), typ="id+jwt"),
    "another audience": signed(body(aud="other")),
    "several audiences": signed(body(aud=[AUDIENCE, "other"])),
    "another issuer": signed(body(iss="evil")),
    "not yet valid": signed(body(nbf=MOMENT + 850)),  # when the tests have long ended
    "issued tomorrow": signed(body(iat=MOMENT + 86_400)),
    "expiry is no number": signed(body(exp="never")),
    "subject is no id": signed(body(sub="admin")),
    "session is no id": signed(body(sid="*")),
    "session is a number": signed(body(sid=7)),
    "body is a list": f"{part({'alg': 'HS256', 'typ': TYPE, 'kid': NEW.id})}.{part([])}.AAAA",
    "header is a list": f"{part([])}.{part(body())}.AAAA",
    "huge": signed(body(jti="x" * LONGEST)),
    "deep": "[" * 1000 + "." + "[" * 500 + ".A",
    "empty": "",
    "a refresh token": "Tn4dRcGmU0dXH5XkW0hYVbLQ1pXrKxJdVxyfJXJmGGo",
    **{f"without {name}": signed(body(**{name: None})) for name in body()},
}


def test_what_is_issued_is_taken() -> None:
    assert TOKENS.verify(TOKENS.issue(CLAIMS, UUID(int=3), NOW)) == CLAIMS
    assert TOKENS.verify(signed(body())) == CLAIMS


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_attack_is_refused_without_saying_why(attack: str) -> None:
    assert refused(ATTACKS[attack]) is Code.AUTH_REQUIRED


def test_an_expired_token_is_told_apart_for_honest_clients() -> None:
    assert refused(TOKENS.issue(CLAIMS, None, NOW - timedelta(hours=1))) is Code.AUTH_TOKEN_EXPIRED


def test_a_checked_token_is_remembered_until_its_end_and_no_longer() -> None:
    moment = [NOW.timestamp()]
    tokens = AccessTokens(KeyRing((NEW,)), LIFETIME, clock=lambda: moment[0])
    token = tokens.issue(CLAIMS, None, NOW)
    with mock.patch("jwt.decode", wraps=jwt.decode) as checked:
        tokens.verify(token)
        tokens.verify(token)
        assert checked.call_count == 1

        moment[0] += LIFETIME.total_seconds()
        tokens.verify(token)

    assert checked.call_count == 2


def test_two_keys_are_taken_while_they_are_exchanged_and_the_new_one_signs() -> None:
    before, after = AccessTokens(KeyRing((OLD,)), LIFETIME), AccessTokens(KeyRing((NEW, OLD)), LIFETIME)
    old, new = before.issue(CLAIMS, None, NOW), after.issue(CLAIMS, None, NOW)

    assert after.verify(old) == after.verify(new) == CLAIMS
    assert jwt.get_unverified_header(new)["kid"] == NEW.id
    assert TOKENS.verify(new) == CLAIMS
    assert refused(old) is Code.AUTH_REQUIRED


def test_a_known_kid_does_not_lend_its_name_to_the_other_key() -> None:
    tokens = AccessTokens(KeyRing((NEW, OLD)), LIFETIME)

    assert refused(signed(body(), key=OLD.secret, kid=NEW.id), tokens) is Code.AUTH_REQUIRED


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(text: str) -> None:
    assert refused(text) is Code.AUTH_REQUIRED


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=40))
def test_no_bytes_in_the_parts_break_the_check(head: bytes, claims: bytes, signature: bytes) -> None:
    parts = (base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (head, claims, signature))

    assert refused(".".join(parts)) is Code.AUTH_REQUIRED


def test_the_key_shows_neither_in_its_text_nor_in_its_name() -> None:
    assert NEW.secret.hex() not in repr(NEW) + NEW.id
    assert Key.derived("secret key number 1", "sealing").secret != NEW.secret
