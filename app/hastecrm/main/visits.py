"""What `smoke` and `analysis` share: the account and the journey."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from hastecrm.core.clock import utc_now
from hastecrm.core.journey import Step
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.features.accounts.service.visitors import Account, Visitors
from hastecrm.features.accounts.smoke import SIGN_OUT, sign_in
from hastecrm.features.contacts.smoke import ContactLife
from hastecrm.main.kinds import BELONGINGS

DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_PAUSES = (1.0, 3.0, 0.0)  # between tries to remove an account, in seconds


@asynccontextmanager
async def account(settings: Settings) -> AsyncIterator[Account]:
    """Lend an account that is removed however the block ends; raises `DATABASE_ERRORS` if none is made."""
    options = ConnectionOptions.of(settings, "journey", scope=SYSTEM).arguments()
    visitors = Visitors(lambda: asyncpg.connect(**options), BELONGINGS, utc_now)
    made = await visitors.make()
    try:
        yield made
    finally:
        await _removed(visitors, made)


async def _removed(visitors: Visitors, made: Account) -> None:
    for pause in _PAUSES:
        try:
            await visitors.remove(made)
        except DATABASE_ERRORS as exc:
            sys.stderr.write(f"the account of this run is still there: {reason(exc)}\n")
            await asyncio.sleep(pause)
        else:
            return
    sys.stderr.write("a run in two hours or later will remove it\n")


def work() -> list[Step]:
    """Return what a person does who is signed in; a new feature adds its steps here."""
    return [*ContactLife().steps]


def journey(visitor: Account) -> list[Step]:
    """Return all steps of a whole visit."""
    return [sign_in(visitor), *work(), SIGN_OUT]
