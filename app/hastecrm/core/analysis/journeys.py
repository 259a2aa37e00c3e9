"""Goes through each new pod again and again, so that there are always data, and signs in now and then."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from hastecrm.core.analysis.judge import Visits
from hastecrm.core.analysis.scraping import url
from hastecrm.core.journey import Outcome, Step, Visitor, travel

_AFTER_A_FAILURE: Final = 3.0  # seconds: three in a row are more than one bad moment, and soon told


@dataclass(frozen=True, slots=True)
class Pace:
    """How often each pod is visited, and how often somebody signs in, in seconds."""

    every: float
    sign_in: float

    @classmethod
    def of(cls, window: float, attempts: tuple[int, int], token_seconds: float) -> "Pace":
        """Visit twelve times in a window, each 5 s at least; sign in half as often as the limit allows.

        `attempts` are allowed in so many seconds (0: without limit); a token must not end meanwhile.
        """
        every = min(5.0, max(0.5, window / 12))
        number, seconds = attempts
        allowed = 2.0 * seconds / number if number else 0.0
        return cls(every, min(max(every, allowed), token_seconds / 2))


class Journeys:
    """The visits of one account; all use the token of the sign-in before, at whichever pod that was."""

    def __init__(
        self, session: aiohttp.ClientSession, port: int, sign_in: Step, work: Callable[[], list[Step]]
    ) -> None:
        self._session = session
        self._port = port
        self._sign_in = sign_in
        self._work = work
        self._token: str | None = None
        self._signed_in: dict[str, float] = {}  # when that was tried last, by pod
        self.visits = Visits()

    async def run(self, ready: Callable[[], Sequence[str]], pace: Pace, say: Callable[[str], None]) -> None:
        """Visit the pods that are ready, all at the same time, until cancelled."""
        while True:
            pods, lost = list(ready()), self.visits.failed
            self.visits.begin_round(pods)
            visits = []
            if pods and self._is_due(time.monotonic(), pace):
                first = min(pods, key=lambda pod: self._signed_in.get(pod, 0.0))
                self._signed_in[first] = time.monotonic()
                pods.remove(first)
                visits.append(self._visit(first, [self._sign_in, *self._work()], say))
            if self._token is None:
                await asyncio.gather(*visits)  # the others need its token
                visits.clear()
            if self._token is not None:
                visits += [self._visit(pod, self._work(), say) for pod in pods]
            await asyncio.gather(*visits)
            await asyncio.sleep(pace.every if lost == self.visits.failed else _AFTER_A_FAILURE)

    def _is_due(self, now: float, pace: Pace) -> bool:
        latest = max(self._signed_in.values(), default=None)
        return self._token is None or latest is None or now - latest >= pace.sign_in

    async def _visit(self, pod: str, steps: Sequence[Step], say: Callable[[str], None]) -> None:
        visitor = Visitor(self._session, url(pod, self._port))
        visitor.token = self._token
        outcomes: list[Outcome] = [outcome async for outcome in travel(visitor, steps)]
        self._token = visitor.token or self._token
        self.visits.add(pod, outcomes)
        if (problem := outcomes[-1].problem) is not None:
            say(f"journey through {pod}: {outcomes[-1].step}: {problem}")
