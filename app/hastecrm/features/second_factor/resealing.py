"""While the secret key is being replaced, what the previous one sealed is sealed with the current one."""

from dataclasses import dataclass
from typing import Any, Final

from hastecrm.core.sealing import Sealer, SealError
from hastecrm.features.second_factor import repository
from hastecrm.features.second_factor.domain import place_of

KIND: Final = "seal_second_factors"
_LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class SealAgain:
    """The worker's job without which second factors would be lost with the previous key."""

    sealer: Sealer

    async def __call__(self, connection: Any) -> int:
        """Seal a portion anew; return how many."""
        found = await repository.beginning_with(connection, self.sealer.older_beginnings(), _LIMIT)
        anew = {user: self._anew(sealed, place_of(user)) for user, sealed in found.items()}
        await repository.seal_again(connection, {user: sealed for user, sealed in anew.items() if sealed})
        return len(anew)

    def _anew(self, sealed: bytes, place: str) -> bytes | None:
        try:
            return self.sealer.seal(self.sealer.open(sealed, place), place)
        except SealError:
            return None  # Damaged: nobody can open it, and the others must not wait for it.
