"""`hastecrm smoke URL`: try a running API, one line per step."""

import argparse
import asyncio
import sys

import aiohttp

from hastecrm.core.settings import Settings
from hastecrm.core.termination import leave_report
from hastecrm.features.contacts.smoke import Journey, Outcome

_EXAMPLES = """\
examples:
  hastecrm smoke http://127.0.0.1:8000
  HASTECRM_ACCESS_TOKEN=$(cat token) hastecrm smoke https://crm.example.com
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("url", metavar="URL", help="address of the API, such as http://127.0.0.1:8000")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Return 0 when every step went well."""
    assert settings.access_token is not None, "required by the settings of this command"  # noqa: S101
    outcomes = asyncio.run(_travel(options.url, settings.access_token.get_secret_value()))
    failed = [outcome for outcome in outcomes if outcome.problem is not None]
    report = {
        "ok": not failed,
        "steps": {outcome.step: round(outcome.milliseconds, 1) for outcome in outcomes},
    }
    leave_report({**report, "problem": failed[0].problem} if failed else report, settings.termination_log)
    return 1 if failed else 0


async def _travel(url: str, token: str) -> list[Outcome]:
    outcomes = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        async for outcome in Journey(session, url).run():
            sys.stderr.write(f"{_line(outcome)}\n")
            outcomes.append(outcome)
    return outcomes


def _line(outcome: Outcome) -> str:
    result = "ok" if outcome.problem is None else f"FAILED: {outcome.problem}"
    return f"{outcome.step:<7} {outcome.milliseconds:8.1f} ms  {result}"
