"""What a part of the bench is given: converged objects, the operator that made them, and how to speak."""

import os
import time
from dataclasses import dataclass

from .subject import Operator
from .world import World

_STARTED = time.monotonic()


@dataclass
class Scene:
    """A world with n Ready objects in it; `operator` may be replaced by a restart."""

    world: World
    operator: Operator
    n: int
    rest_seconds: float

    @property
    def objects(self) -> str:
        """How many objects there are, in words."""
        return f"{self.n:,} object{'s' if self.n > 1 else ''}"

    async def restart(self) -> Operator:
        """End the operator and start it anew; return it at once, not yet ready."""
        await self.operator.stop()
        self.operator = Operator(self.world.plane)
        return self.operator


def say(text: str) -> None:
    """Print one line of progress with the time since the start."""
    passed, load = time.monotonic() - _STARTED, os.getloadavg()[0]
    print(f"\033[36m{passed:6.1f}s\033[0m {text}  \033[2m[load {load:.1f}]\033[0m", flush=True)
