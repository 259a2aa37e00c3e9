"""Signing in and out, as steps of a journey."""

from hastecrm.core.journey import Step, Visitor
from hastecrm.features.accounts import contract
from hastecrm.features.accounts.service.visitors import Account


def sign_in(account: Account) -> Step:
    """Return the step that opens a session of the account."""

    async def go(visitor: Visitor) -> None:
        visitor.token = None
        body = {"email": account.email, "password": account.password}
        visitor.token = (await visitor.ask("POST", contract.LOG_IN.path, 200, body))["access_token"]

    return Step("sign-in", go)


async def _sign_out(visitor: Visitor) -> None:
    await visitor.ask("POST", contract.LOG_OUT.path, 204)
    visitor.token = None


SIGN_OUT = Step("sign-out", _sign_out)
