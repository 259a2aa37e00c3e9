"""What people do with their accounts on the pages: invitations, the second factor."""

import re
from typing import Any

import pyotp
import pytest
from tests.integration.application import Running
from tests.integration.test_web import Browser, Page
from tests.integration.visitors import OWNER, make_owner

HERONS = "eleven herons on one leg"


@pytest.fixture
async def owner(web: Running, api: Running) -> Browser:
    """The owner, signed in."""
    await make_owner(api)
    visitor = Browser(web)
    await visitor.post("/login", **OWNER)
    return visitor


async def invited(api: Running, email: str) -> str:
    """Invite someone as the installation; return the path of the link."""
    body = {"email": email, "role": "member"}
    answer = await api.call("POST", "/api/v1/workspace/invitations", json=body)
    assert answer.status == 201, answer.text
    return str(re.sub(r"^https?://[^/]*", "", answer.json["link"]))


async def test_a_newcomer_joins_through_the_link(owner: Browser, web: Running, api: Running) -> None:
    link = await invited(api, "ben@example.com")
    visitor = Browser(web)
    shown = await visitor.get(link)
    assert "Join Sales" in shown.text
    form = {name: str(field.get("value") or "") for name, field in Page(shown.text).inputs.items()}

    weak = await visitor.post("/invitation", **{**form, "name": "Ben", "password": "password"})
    joined = await visitor.post("/invitation", **{**form, "name": "Ben", "password": HERONS})
    again = await Browser(web).get(link)

    assert weak.status == 422
    assert "aria-invalid" in weak.text
    assert (joined.status, joined.headers["Location"]) == (303, "/contacts")
    assert "Ben · Sales" in (await visitor.get("/contacts")).text
    assert "This invitation cannot be used" in again.text


async def test_someone_with_an_account_signs_in_to_join(
    owner: Browser, web: Running, api: Running, sql: Any
) -> None:
    await sql.execute("DELETE FROM memberships")
    link = await invited(api, OWNER["email"])
    visitor = Browser(web)
    form = Page((await visitor.get(link)).text).inputs
    values = {name: str(field.get("value") or "") for name, field in form.items()}

    wrong = await visitor.post("/invitation", **{**values, "password": "guessed"})
    joined = await visitor.post("/invitation", **{**values, "password": OWNER["password"]})
    assert wrong.status == 401
    assert joined.headers["Location"] == "/contacts"
    assert (await visitor.get("/contacts")).status == 200


@pytest.mark.parametrize("token", ["", "invented", "ü"])
async def test_an_invented_link_is_said_to_be_none(web: Running, token: str) -> None:
    answer = await Browser(web).get(f"/invitation?token={token}")

    assert answer.status in {404, 409, 410, 422}
    assert "This invitation cannot be used" in answer.text


async def test_the_second_factor_is_set_up_and_asked_on_the_pages(
    owner: Browser, web: Running, sql: Any
) -> None:
    shown = await owner.post("/account/second-factor", password=OWNER["password"])
    secret = str(Page(shown.text).inputs["secret"]["value"])
    wrong = await owner.post(
        "/account/second-factor/confirm", secret=secret, uri="otpauth://x", code="000000"
    )
    code = pyotp.TOTP(secret).now()
    done = await owner.post("/account/second-factor/confirm", secret=secret, uri="otpauth://x", code=code)
    recovery = re.findall(r"<li><code>([A-Z2-7-]+)</code>", done.text)

    visitor = Browser(web)
    asked = await visitor.post("/login", **OWNER, next="/account")
    step = Page(asked.text).inputs
    let_in = await visitor.post(
        "/login", ticket=str(step["ticket"]["value"]), recovery_code=recovery[0], next="/account"
    )

    assert 'src="data:image/svg+xml' in shown.text
    assert wrong.status == 422
    assert secret in wrong.text
    assert len(recovery) == 10
    assert asked.status == 401
    assert OWNER["password"] not in asked.text
    assert "password" not in step
    assert (let_in.status, let_in.headers["Location"]) == (303, "/account")
    state = await owner.get("/account/second-factor")
    assert "9 recovery codes are left" in state.text
    off = await owner.post("/account/second-factor/off", password=OWNER["password"])
    assert "Your second factor is off." in off.text


async def test_a_wrong_password_changes_no_second_factor(owner: Browser) -> None:
    answer = await owner.post("/account/second-factor", password="guessed")

    assert answer.status == 422
    assert "Password is not your password." in answer.text
