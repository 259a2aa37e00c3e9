"""`hastecrm jobs`: what waits, runs and died in the queue, and what is to become of it."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from hastecrm.core.clock import utc_now
from hastecrm.core.jobs import inspection
from hastecrm.core.jobs.inspection import Job, Outcome, State
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.main.verbs import add_verb

_EXAMPLES = """\
examples:
  hastecrm jobs list --state dead             what was given up, with the reason
  hastecrm jobs list --kind send_mail --output json | jq '.[].error'
  hastecrm jobs retry 0199f1c2-…              run a dead job again
  hastecrm jobs retry --all-dead --kind send_mail
  hastecrm jobs delete 0199f1c2-…             forget a job that does not run
"""
_LIST_EXAMPLES = """\
examples:
  hastecrm jobs list
  hastecrm jobs list --state due --limit 500
  hastecrm jobs list --state dead --output json

states: waiting (for its time), due (for a worker), running, dead (given up and kept)
WHEN is how long ago its time came or it died, or how long until then; of a running job, until its lease ends
"""
_RETRY_EXAMPLES = """\
examples:
  hastecrm jobs retry 0199f1c2-7c1e-7d3a-8a51-0c5e1f2a3b4c
  hastecrm jobs retry --all-dead
  hastecrm jobs retry --all-dead --kind send_mail

The job begins anew, with all its attempts. Exit code 1: something that was asked for was not done.
"""
_DELETE_EXAMPLES = """\
examples:
  hastecrm jobs delete 0199f1c2-7c1e-7d3a-8a51-0c5e1f2a3b4c

Exit code 1: something that was asked for was not done.
"""
_REFUSALS = {
    "unknown": "there is no job with this id; it may be done",
    "not dead": "is not dead but {state}; only dead jobs can be retried",
    "running": "is running; wait for its end",
    "replaced": "stays dead: another job with its key is waiting or running",
}
_LONGEST_ERROR = 60
_MOST = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs, their options and the examples."""
    parser.epilog = _EXAMPLES
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    listing = add_verb(verbs, "list", "show jobs", _LIST_EXAMPLES)
    listing.add_argument("--state", type=State, choices=list(State), metavar="STATE", help=", ".join(State))
    listing.add_argument("--kind", help="only jobs of this kind")
    listing.add_argument("--limit", type=_limit, default=50, metavar="N", help="how many at most (50)")
    listing.add_argument("--output", choices=["table", "json"], default="table", help="default: table")
    retry = add_verb(verbs, "retry", "run dead jobs again", _RETRY_EXAMPLES)
    retry.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="id of a dead job")
    retry.add_argument("--all-dead", action="store_true", help="all of them")
    retry.add_argument("--kind", help="with --all-dead: only those of this kind")
    delete = add_verb(verbs, "delete", "forget jobs that do not run", _DELETE_EXAMPLES)
    delete.add_argument("ids", nargs="+", type=UUID, metavar="ID", help="id of a job")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Do it; return 0 when all was done, 1 when not, 2 where options contradict each other."""
    if options.verb == "retry" and (options.all_dead == bool(options.ids) or _kind_alone(options)):
        sys.stderr.write("hastecrm jobs retry: name jobs, or use --all-dead (with --kind, if you like)\n")
        return 2
    try:
        return asyncio.run(_VERBS[options.verb](settings, options))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        sys.stderr.write(f"the queue cannot be reached: {reason(exc)}\n")
        return 1


async def _list(settings: Settings, options: argparse.Namespace) -> int:
    jobs: list[Job] = await _with_connection(
        settings,
        lambda connection: inspection.list_jobs(
            connection, state=options.state, kind=options.kind, limit=options.limit + 1
        ),
    )
    shown = jobs[: options.limit]
    sys.stdout.write(_as_json(shown) if options.output == "json" else _as_table(shown, utc_now()))
    if len(jobs) > len(shown):
        sys.stderr.write(
            f"there are more than {options.limit}: raise --limit, or choose by --state or --kind\n"
        )
    return 0


async def _retry(settings: Settings, options: argparse.Namespace) -> int:
    if options.all_dead:
        outcomes, dead = await _with_connection(
            settings, lambda connection: inspection.retry_dead(connection, options.kind)
        )
        sys.stdout.write(f"{sum(each.refusal is None for each in outcomes)} jobs run again\n")
        if dead:
            sys.stderr.write(f"{dead} stay dead: another job with the same key is waiting or running\n")
        return 1 if dead else 0
    return await _each(settings, options.ids, inspection.retry_job, "runs again")


async def _delete(settings: Settings, options: argparse.Namespace) -> int:
    return await _each(settings, options.ids, inspection.delete_job, "deleted")


async def _each(
    settings: Settings, ids: Sequence[UUID], do: Callable[[Any, UUID], Awaitable[Outcome]], done: str
) -> int:
    async def all_of_them(connection: Any) -> list[Outcome]:
        return [await do(connection, each) for each in dict.fromkeys(ids)]

    outcomes: list[Outcome] = await _with_connection(settings, all_of_them)
    for outcome in outcomes:
        if outcome.refusal is None:
            sys.stdout.write(f"{outcome.id} {outcome.kind}: {done}\n")
        else:
            sys.stderr.write(f"{outcome.id}: {_REFUSALS[outcome.refusal].format(state=outcome.state)}\n")
    return 1 if inspection.failed(outcomes) else 0


async def _with_connection(settings: Settings, work: Callable[[Any], Awaitable[Any]]) -> Any:
    options = ConnectionOptions.of(settings, "jobs", scope=SYSTEM)
    connection = await asyncpg.connect(**options.without_limits())
    try:
        return await work(connection)
    finally:
        await connection.close()


def _as_json(jobs: Sequence[Job]) -> str:
    told = [asdict(job) for job in jobs]
    return (
        orjson.dumps(told, default=str, option=orjson.OPT_INDENT_2).decode() + "\n"
    )  # UUIDs of asyncpg's own


def _as_table(jobs: Sequence[Job], now: datetime) -> str:
    if not jobs:
        return "no such jobs\n"
    head = ("ID", "KIND", "STATE", "ATTEMPT", "WHEN", "ERROR")
    rows = [head, *(_row(job, now) for job in jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = ("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    return (
        str(job.id),
        job.kind,
        job.state.value,
        str(job.attempt),
        _away(job.dead_at or job.run_at, now),
        _first_line(job.error or ""),
    )


def _first_line(error: str) -> str:
    line = "".join(character if character.isprintable() else " " for character in error.partition("\n")[0])
    return line if len(line) <= _LONGEST_ERROR else line[: _LONGEST_ERROR - 1] + "…"


def _away(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f}{unit}" if seconds > 0 else f"in {-seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds >= 0 else f"in {-seconds:.0f}s"


def _kind_alone(options: argparse.Namespace) -> bool:
    return options.kind is not None and not options.all_dead


def _limit(given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= _MOST:
        raise argparse.ArgumentTypeError(f"must be from 1 to {_MOST}")
    return int(given)


_VERBS: dict[str, Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]] = {
    "list": _list,
    "retry": _retry,
    "delete": _delete,
}
