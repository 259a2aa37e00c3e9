"""How messages of webhooks are signed, and when they are sent again."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from hastecrm.features.webhooks.domain import PAUSES, Secret, pause_after, signed

# The known answer that the libraries of Standard Webhooks are tried with.
SECRET = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
MESSAGE: Any = "msg_p5jXN8AQM9LWM0D4loKWxJek"
MOMENT = datetime.fromtimestamp(1_614_265_330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_is_signed_as_standard_webhooks_says() -> None:
    headers = signed(MESSAGE, MOMENT, BODY, [SECRET])

    assert headers["webhook-signature"] == SIGNATURE
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-id"] == MESSAGE


def test_while_a_secret_is_replaced_a_message_has_two_signatures() -> None:
    signatures = signed(MESSAGE, MOMENT, BODY, [Secret(b"another" * 5), SECRET])["webhook-signature"].split()

    assert len(signatures) == 2
    assert signatures[1] == SIGNATURE


def test_a_secret_reads_as_it_is_written() -> None:
    assert Secret.parse(SECRET.text) == SECRET


def test_a_message_is_sent_again_for_three_days_and_then_no_more() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, len(PAUSES) + 2)]

    assert pauses == [*PAUSES, None]
    assert timedelta(days=3) < timedelta(seconds=sum(cast("list[float]", pauses[:-1]))) < timedelta(days=4)
    assert pauses[0] == pytest.approx(5)
