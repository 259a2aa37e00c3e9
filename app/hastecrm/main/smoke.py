"""`hastecrm smoke URL`: try a running API as a person would, one line per step."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import aiohttp

from hastecrm.core.journey import Outcome, Visitor, travel
from hastecrm.core.migrating.errors import DatabaseUnreachableError
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.core.termination import leave_report
from hastecrm.main.stopping import until_stopped
from hastecrm.main.visits import DATABASE_ERRORS, account, journey

_EXAMPLES = """\
examples:
  hastecrm smoke http://127.0.0.1:8000
  hastecrm smoke https://crm.example.com

It signs in, adds, finds, changes and deletes a contact, with an account and a workspace of its own that it
makes in the database and removes afterwards; it sends no mail and touches nobody's data.

exit code: 0 every step went well, 1 one did not (the report says which and why), 2 wrong usage or settings
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("url", metavar="URL", help="address of the API, such as http://127.0.0.1:8000")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Return 0 when every step went well."""
    try:
        report = _report(until_stopped(_visit(settings, options.url)))
    except DATABASE_ERRORS as exc:
        error = f"no account could be made for the journey: {reason(exc)}"
        report = {"ok": False, "steps": [], "reason": DatabaseUnreachableError.reason, "error": error}
    except asyncio.CancelledError:
        report = {"ok": False, "steps": [], "reason": "Interrupted", "error": "it was told to stop"}
    leave_report(report, settings.termination_log)
    return 0 if report["ok"] else 1


def _report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    steps = [{"name": each.step, "ms": each.milliseconds} for each in outcomes]
    last = outcomes[-1]
    if last.problem is None:
        return {"ok": True, "steps": steps, "failed": None, "error": None}
    error = f"{last.step}: {last.problem}"[:1000]
    return {
        "ok": False,
        "steps": steps,
        "failed": last.step,
        "reason": "JourneyFailed",
        "error": error,
    }


async def _visit(settings: Settings, url: str) -> list[Outcome]:
    outcomes = []
    async with account(settings) as lent, aiohttp.ClientSession() as session:
        async for outcome in travel(Visitor(session, url), journey(lent)):
            sys.stderr.write(f"{_line(outcome)}\n")
            outcomes.append(outcome)
    return outcomes


def _line(outcome: Outcome) -> str:
    result = "ok" if outcome.problem is None else f"FAILED: {outcome.problem}"
    return f"{outcome.step:<16} {outcome.milliseconds:8.1f} ms  {result}"
