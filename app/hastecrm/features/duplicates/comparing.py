"""The worker's part: what was stored is compared a moment later, and nobody who stores it waits for that."""

from typing import Any, Final

KIND: Final = "compare_records"
_AT_ONCE: Final = 500
_BATCHES: Final = 20
_COMPARE: Final = "SELECT hastecrm_compare($1)"


async def compare(connection: Any) -> int:
    """Compare what waits, 10,000 records at most; return how many those were. A million take some minutes."""
    compared = 0
    for _ in range(_BATCHES):
        some = await connection.fetchval(_COMPARE, _AT_ONCE)
        compared += some
        if some < _AT_ONCE:
            break
    return compared
