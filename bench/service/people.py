"""Who asks: the first owner, signed in as anybody is, so that tokens, sessions and limits are part of it."""

from .stack import TOKEN, Server, Stack

LOGIN, SETUP = "/api/v1/auth/login", "/api/v1/auth/setup"
EMAIL = "owner@example.com"
PASSWORD = "correct-horse-bench-staple-7"  # noqa: S105 - of people who live for minutes


def sign_in(servers: Stack, server: Server) -> Server:
    """Make the first owner, once, whose token all requests carry from now on; return the same server."""
    if servers.token != TOKEN:
        return server
    server.send(SETUP, {"email": EMAIL, "name": "Owner", "password": PASSWORD})
    signed_in = server.send(LOGIN, {"email": EMAIL, "password": PASSWORD})
    servers.token = str(signed_in["access_token"])
    return server
