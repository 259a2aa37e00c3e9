"""`hastecrm analysis`: is a release healthy? From the metrics of its pods, and journeys through them."""

import argparse
import asyncio
import sys
import time
import traceback
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import aiohttp

from hastecrm.core.analysis.journeys import Journeys, Pace
from hastecrm.core.analysis.judge import (
    Conclusion,
    Evidence,
    Hesitation,
    Limits,
    Reason,
    Verdict,
    Visits,
    at_the_deadline,
    judge,
    report,
)
from hastecrm.core.analysis.pods import Pods
from hastecrm.core.analysis.scraping import Scraper
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import parse_duration
from hastecrm.core.sqlstate import reason
from hastecrm.core.termination import leave_report
from hastecrm.features.accounts.service.visitors import Account
from hastecrm.features.accounts.smoke import sign_in
from hastecrm.main.stopping import until_stopped
from hastecrm.main.visits import DATABASE_ERRORS, account, work

_EXIT: Final = {Conclusion.PASS: 0, Conclusion.FAIL: 1, Conclusion.UNKNOWN: 3}
_TRY_AGAIN: Final = 2.0
_EXAMPLES = """\
examples:
  hastecrm analysis --pods acme-api-pods --release 3f9c2d1e --pods-expected 3
  hastecrm analysis --pods acme-api-pods --release 3f9c2d1e --pods-expected 3 --window 5m --max-p95 300ms

--pods is the name of a Service without an address of its own (or several names, with commas): all its pods
are asked for their metrics. New are those whose HASTECRM_RELEASE is --release; journeys go through these.
It may begin before there are any: what old pods answer until they go is what new ones are compared with.

exit code: 0 Pass, 1 Fail, 3 Unknown (measurements are missing), 2 wrong usage or settings
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    add = parser.add_argument
    add("--pods", required=True, metavar="HOST", help="name that leads to all pods of the API")
    add("--release", required=True, metavar="NAME", help="the release to judge")
    add("--pods-expected", required=True, type=int, metavar="N", help="how many of its pods there must be")
    add("--replacing", action="store_true", help="old pods are to go before the window begins")
    add("--window", type=_seconds, default=60.0, help="how long to measure, once all of them are ready (60s)")
    add("--max-error-ratio", type=float, default=0.01, metavar="RATIO", help="answers 5xx at most (0.01)")
    add("--max-p95", type=_seconds, default=0.5, help="what 95 %% of the answers may take (500ms)")
    add("--journey", action=argparse.BooleanOptionalAction, default=True, help="try what people do (yes)")
    add("--rollout", type=_seconds, default=0.0, help="how much longer to wait for its pods at first (0s)")
    add("--deadline", type=_seconds, default=600.0, help="when to stop waiting, as Unknown (10m)")


def _seconds(text: str) -> float:
    seconds = parse_duration(text)
    if not isinstance(seconds, int | float):
        raise argparse.ArgumentTypeError(f"must be a duration such as 60s or 500ms, not {text!r}")
    return float(seconds)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Judge the release and report."""
    pods = Pods(options.release, options.pods_expected, options.replacing)
    analysis = Analysis(
        settings, options, pods, Limits(options.window, options.max_error_ratio, options.max_p95)
    )
    try:
        verdict, evidence = until_stopped(analysis.conclude())
    except asyncio.CancelledError:
        said = "it was told to stop before it was done; start it again"
        verdict, evidence = Verdict(Conclusion.UNKNOWN, Reason.INTERRUPTED, said), analysis.evidence()
    except Exception as exc:  # noqa: BLE001 - a mistake of ours must not pass for one of the release
        traceback.print_exc()
        said = f"the analysis itself failed, at {type(exc).__name__}: {exc}"
        verdict, evidence = Verdict(Conclusion.UNKNOWN, Reason.ANALYSIS_FAILED, said), analysis.evidence()
    leave_report(report(verdict, evidence), settings.termination_log)
    return _EXIT[verdict.conclusion]


@dataclass(slots=True)
class Analysis:
    """Collects evidence until there is a verdict."""

    settings: Settings
    options: argparse.Namespace
    pods: Pods
    limits: Limits
    visits: Visits | None = None
    _travelling: "asyncio.Task[None] | None" = None
    _end: float = 0.0

    async def conclude(self) -> tuple[Verdict, Evidence]:
        """Return the verdict and what it stands on."""
        self._end = _now() + self.options.rollout + self.options.deadline
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            scraper = Scraper(session, self.options.pods.split(","), self.settings.probe_port)
            await self._look(scraper)  # first of all: old pods may go soon
            if self.options.journey:
                try:
                    await self._begin_journeys(session, stack)
                except DATABASE_ERRORS as exc:
                    said = f"no account could be made for journeys: {reason(exc)}"
                    verdict = Verdict(Conclusion.UNKNOWN, Reason.DATABASE_UNREACHABLE, said)
                    return verdict, self.evidence()
            return await self._watch(scraper)

    async def _watch(self, scraper: Scraper) -> tuple[Verdict, Evidence]:
        hesitation = Hesitation()
        while True:
            await self._look(scraper)
            evidence = self.evidence()
            verdict = judge(evidence, self.limits)
            if (sure := hesitation.over(verdict, _now())) is not None:
                return sure, evidence
            if _now() >= self._end:
                return verdict or at_the_deadline(evidence, self.limits), evidence
            await asyncio.sleep(min(2.0, max(0.5, self.limits.window / 10)))

    async def _look(self, scraper: Scraper) -> None:
        if self._travelling is not None and self._travelling.done():
            self._travelling.result()  # a bug: raises
        await scraper.look(self.pods)
        began = self.pods.began
        self.pods.look(_now())
        if self.pods.began != began:
            self._turn()

    def _turn(self) -> None:
        """The window has begun, or has been broken off."""
        _say("the window begins" if self.pods.began is not None else "the window begins again later")
        if self.pods.began is not None:
            self._end = min(self._end, _now() + self.options.deadline)
        if self.visits is not None:
            self.visits.count_anew()

    async def _begin_journeys(self, session: aiohttp.ClientSession, stack: AsyncExitStack) -> None:
        lent = await self._account(stack)
        journeys = Journeys(session, self.settings.app_port, sign_in(lent), work)
        limit = self.settings.rate_limit_auth
        attempts = (limit.requests, limit.seconds)
        pace = Pace.of(self.limits.window, attempts, self.settings.token_lifetime)
        self.visits = journeys.visits
        running = journeys.run(lambda: self.pods.ready(_now()), pace, _say)
        self._travelling = asyncio.create_task(running)
        stack.push_async_callback(_ended, self._travelling)

    async def _account(self, stack: AsyncExitStack) -> Account:
        while True:
            try:
                return await stack.enter_async_context(account(self.settings))
            except DATABASE_ERRORS as exc:
                if _now() >= self._end:
                    raise
                _say(f"no account for journeys yet: {reason(exc)}; trying again")
                await asyncio.sleep(_TRY_AGAIN)

    def evidence(self) -> Evidence:
        """Return all that is known now."""
        pods, now = self.pods, _now()
        elapsed = None if pods.began is None else now - pods.began
        known = (pods.expected, pods.seen(now), tuple(pods.ready(now)), elapsed)
        return Evidence(*known, pods.new, pods.old, self.visits, pods.moments)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


def _now() -> float:
    return time.monotonic()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
