"""Trying a request to the store again: what may pass by itself, with growing pauses, for half a minute."""

import asyncio
import random
import ssl

import aiohttp

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # seconds
_MAY_PASS = frozenset({429, 500, 502, 503, 504})


async def patience(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send the request until it is answered; all that is sent here may be sent twice.

    Parts and whole objects replace themselves, deleting what is gone is no error, and of an upload that was
    begun twice, `sweep` gives one up.
    """
    for pause in PAUSES:
        try:
            response = await handler(request)
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise  # a certificate does not become right by waiting
        except (aiohttp.ClientConnectionError, TimeoutError, OSError):
            pass
        else:
            if response.status not in _MAY_PASS:
                return response
            response.release()
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
    return await handler(request)
