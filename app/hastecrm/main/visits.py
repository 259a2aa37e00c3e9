"""What `smoke` and `analysis` share: the account, the journey, and an end in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from hastecrm.core.clock import utc_now
from hastecrm.core.journey import Step
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.service.visitors import Account, Visitors
from hastecrm.features.accounts.smoke import SIGN_OUT, sign_in
from hastecrm.features.contacts.repository import ContactRecords
from hastecrm.features.contacts.smoke import ContactLife

T = TypeVar("T")
DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


def visitors(settings: Settings) -> Visitors:
    """Return who makes the accounts of journeys."""
    options = ConnectionOptions.of(settings, "journey", scope=SYSTEM).arguments()
    return Visitors(lambda: asyncpg.connect(**options), ContactRecords(), utc_now)


def work() -> list[Step]:
    """Return what a person does who is signed in; a new feature adds its steps here."""
    return [*ContactLife().steps]


def journey(account: Account) -> list[Step]:
    """Return all steps of a whole visit."""
    return [sign_in(account), *work(), SIGN_OUT]


def until_stopped(main: Coroutine[Any, Any, T]) -> T:
    """Run a program that tidies up when it is told to stop; then raises `CancelledError`."""

    async def guarded() -> T:
        task = asyncio.current_task()
        assert task is not None, "this runs in one"  # noqa: S101
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main

    return asyncio.run(guarded())
