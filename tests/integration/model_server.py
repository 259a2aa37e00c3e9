"""A server on this machine that speaks OpenAI's chat completions, as far as the CRM asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class ModelServer:
    """What it was asked, and what it answers."""

    url: str = ""
    status: int = 200
    answer: Any = None
    asked: list[Any] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """What leads the CRM here."""
        return {
            "HASTECRM_AI_URL": self.url,
            "HASTECRM_AI_MODEL": "small",
            "HASTECRM_AI_KEY": "the-key",
            "HASTECRM_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        }

    async def complete(self, request: web.Request) -> web.Response:
        """Answer as such servers do."""
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization"))
        message = {"role": "assistant", "content": "They want a call."}
        body = self.answer if self.answer is not None else {"choices": [{"index": 0, "message": message}]}
        return web.json_response(body, status=self.status)


@asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    """Run one."""
    model, app = ModelServer(), web.Application()
    app.router.add_post("/v1/chat/completions", model.complete)
    async with TestServer(app) as server:
        model.url = str(server.make_url("/v1"))
        yield model
