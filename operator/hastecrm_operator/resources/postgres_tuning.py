"""The settings of a PostgreSQL server, from its memory, its volume and who connects. Pure arithmetic.

Sources: [docs] the PostgreSQL manual, chapter 20 "Server Configuration"; [pgtune] the formulas of PGTune
(github.com/le0pard/pgtune) for a web application on solid-state disks.
"""

from hastecrm_operator.api.components import Tier
from hastecrm_operator.api.computing import Amounts, Resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.quantities import amount
from hastecrm_operator.api.sizes import database_resources
from hastecrm_operator.resources.pod_numbers import most_canary_pods

Parameters = dict[str, str]

_KI = 1024
_MI = 1024 * _KI
_GI = 1024 * _MI
# Superusers (3), migrations, backups, checks and a person with psql.
_RESERVE = 20
# A restart for each replica more would cost more than idle slots do, so connections are counted in hundreds.
_STEP = 100


def tuned(resources: Resources, volume: str, connections: int, own: Parameters) -> Parameters:
    """Return the settings of a server; those of `own`, which a user has written, win.

    `volume` is a quantity in bytes, `connections` what clients may open together.
    """
    memory = _memory(resources)
    given = own.get("max_connections", "")
    slots = int(given) if given.isdigit() and int(given) else connections
    return {**_of_memory(memory, slots), **_of_disk(int(amount(volume))), **own}


def connections(crm: HasteCRM) -> int:
    """Return how many connections the server must allow: all pools, full, in the middle of a rollout."""
    pods = sum(_most_pods(tier) for tier in (crm.spec.api, crm.spec.worker)) + most_canary_pods(crm)
    needed = pods * crm.spec.database.pool.max_size + _RESERVE
    return -(-needed // _STEP) * _STEP


def server_resources(crm: HasteCRM, chosen: Resources | None) -> Resources:
    """Return what a server of the database may use: what was chosen, else what the size brings."""
    return chosen or database_resources(crm.spec.size)


def _most_pods(tier: Tier) -> int:
    replicas = tier.autoscaling.max_replicas if tier.autoscaling else tier.replicas
    return replicas + 1  # A rollout starts a new pod before it ends an old one.


def _of_memory(memory: int, slots: int) -> Parameters:
    shared = memory // 4  # [docs] 20.4: "a reasonable starting value is 25% of the memory"
    maintenance = memory // 16  # [pgtune]
    return {
        "max_connections": str(slots),
        "shared_buffers": _size(shared, 16 * _MI, 64 * _GI),
        # [docs] 20.7: what one query finds cached, by the server and the kernel; [pgtune] three quarters.
        "effective_cache_size": _size(memory * 3 // 4, 16 * _MI, 256 * _GI),
        "maintenance_work_mem": _size(maintenance, 16 * _MI, 2 * _GI),
        # [pgtune] what is left, for three sorts or hashes of every connection at once.
        "work_mem": _size((memory - shared - maintenance) // (slots * 3), 1 * _MI, 64 * _MI),
    }


def _of_disk(volume: int) -> Parameters:
    most = _wal(volume)
    return {
        "max_wal_size": _size(most, 64 * _MI, 16 * _GI),
        "min_wal_size": _size(most // 4, 32 * _MI, 4 * _GI),
        # [docs] 20.7: a random read of a solid-state disk costs hardly more; [pgtune] 1.1 and 200.
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
    }


def _wal(volume: int) -> int:
    # [docs] 20.5: max_wal_size is a soft limit: an eighth leaves room. Of the power of four below the size,
    # a volume can grow several times before the server must be restarted for it.
    power = min(volume, _GI)
    while power * 4 <= volume:
        power *= 4
    return power // 8


def _memory(resources: Resources) -> int:
    limits, requests = resources.limits or Amounts(), resources.requests or Amounts()
    return int(amount(limits.memory or requests.memory or "1Gi"))


def _size(number: int, least: int, most: int) -> str:
    bounded = min(most, max(least, number))
    return f"{bounded // _MI}MB" if bounded % _GI else f"{bounded // _GI}GB"
