"""What the link of an invitation proves: the address, if it came by mail, and nothing if it was passed on."""

from typing import Any

from tests.integration.application import Running
from tests.integration.people import person

from hastecrm.core.identity import Role
from hastecrm.features.workspaces.domain import new_token, proves_address, token_digest

PATH, REGISTER = "/api/v1/workspace/invitations", "/api/v1/auth/register"


async def test_a_link_passed_on_by_hand_cannot_be_made_into_one_that_was_mailed(
    api: Running, sql: Any
) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    sent = await ann.call(api, "POST", PATH, json={"email": "new@example.com"})
    token = sent.json["link"].partition("token=")[2]
    body = {"invitation": "m" + token[1:], "name": "Nia New", "password": "plum harvest at dawn"}

    forged = await api.call("POST", REGISTER, json=body, headers={"Authorization": ""})

    assert forged.json["code"] == "BIZ_INVITATION_UNKNOWN"
    assert not proves_address(token)


def test_a_token_tells_how_it_was_sent() -> None:
    mailed, handed = new_token("secret", mailed=True), new_token("secret", mailed=False)

    assert (proves_address(mailed), proves_address(handed)) == (True, False)
    assert token_digest(mailed) != token_digest(handed)
