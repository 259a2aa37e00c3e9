"""The operator's HTTP port: /healthz, /readyz and /metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from hastecrm_operator.telemetry.metrics import Metrics

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[], str]
"""Returns an empty string when all is well, else one sentence that says what is not."""


async def serve(host: str, port: int, *, alive: Check, ready: Check, metrics: Metrics) -> web.AppRunner:
    """Serve until the returned runner is cleaned up; raises OSError if the port is taken."""
    app = web.Application()
    app.router.add_get("/healthz", _probe(alive))
    app.router.add_get("/readyz", _probe(ready))
    app.router.add_get("/metrics", _exposition(metrics))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


def _probe(check: Check) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        problem = check()
        return web.json_response({"status": problem or "ok"}, status=503 if problem else 200)

    return answer


def _exposition(metrics: Metrics) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain; version=0.0.4"})
        await response.prepare(request)
        for piece in metrics.exposition():
            await response.write(piece)
        return response

    return answer
