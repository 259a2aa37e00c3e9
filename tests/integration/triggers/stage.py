"""What a trigger may use, and the register of all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.application import CONTACTS, Answer, Running, running

from hastecrm.core.codes import Code


@dataclass
class Stage:
    """What a trigger may use."""

    api: Running
    sql: Any
    environment: dict[str, str]

    async def contact(self) -> str:
        """Add a contact and return its path."""
        answer = await self.api.call("POST", CONTACTS, json={"first_name": "Ada", "email": "ada@example.com"})
        return str(answer.headers["Location"])

    async def while_locked(self, **settings: str) -> Answer:
        """Change a contact that another transaction holds, under stricter settings."""
        path = await self.contact()
        async with running("api", {**self.environment, **settings}) as api, self.sql.transaction():
            await self.sql.execute("SELECT 1 FROM contacts FOR UPDATE")
            calls = [asyncio.create_task(api.call("PATCH", path, json={"title": "Dr"})) for _ in range(2)]
            done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            for call in waiting:
                call.cancel()
            return done.pop().result()


Trigger = Callable[[Stage], Awaitable[Answer]]
TRIGGERS: dict[Code, Trigger] = {}


def triggers(code: Code) -> Callable[[Trigger], Trigger]:
    def register(trigger: Trigger) -> Trigger:
        TRIGGERS[code] = trigger
        return trigger

    return register
