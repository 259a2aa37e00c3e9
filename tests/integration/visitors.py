"""The owner of the tests, who signs in on the pages."""

from tests.integration.application import Answer, Running

OWNER = {"email": "olga@example.com", "password": "seven quiet herons above water"}


async def make_owner(api: Running) -> None:
    """Make the first account."""
    body = {**OWNER, "name": "Olga Owner", "workspace": "Sales"}
    answer = await api.call("POST", "/api/v1/auth/setup", json=body)
    assert answer.status == 201, answer.text


async def sign_in(web: Running, **headers: str) -> Answer:
    """Sign the owner in on the pages."""
    return await web.call("POST", "/login", data=OWNER, headers={"Origin": web.url, **headers})
