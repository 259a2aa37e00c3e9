"""Contacts over REST: a page of fifty, one contact, a new one; each beside the same statement by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, repeat
from secrets import token_hex

from .bench import Bench
from .load import Target
from .people import sign_in
from .reference import DATABASE as REFERENCE
from .reference import SCHEMA
from .results import Row
from .sampling import LATENCIES, Sample, sample, saturated, sustained
from .stack import CONTACTS, Server, Stack, first_contact, stack
from .statements import Statements

RATE = 400  # requests per second, at which CPU time and statements are compared
SECONDS = 3.0
SHARE = 0.6  # of what is sustained: where latencies are taken
LATENCY_SECONDS = 4.0
PAGE, ONE, CREATE = "`GET /contacts?limit=50`", "`GET /contacts/{id}`", "`POST /contacts`"
Requests = Mapping[str, Iterator[Target]]


@dataclass
class Seen:
    """What the runs saw of one operation."""

    ours: list[Sample] = field(default_factory=list)
    by_hand: list[Sample] = field(default_factory=list)
    statements: list[float] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)
    sustained: list[float] = field(default_factory=list)
    at_share: list[Sample] = field(default_factory=list)


def measure(bench: Bench) -> Sequence[Row]:
    """Take each operation in turn, in every run."""
    seen = {name: Seen() for name in (PAGE, ONE, CREATE)}
    with stack(bench.cores, bench.contacts) as servers:
        ours, by_hand = start(servers, bench.contacts)
        for run in range(bench.runs):
            for name, found in seen.items():
                at_equal_load(bench, servers, (ours, by_hand), (name, found), SECONDS)
                _at_its_limit(bench, ours, name, found)
                bench.say(f"  run {run + 1}, {name.replace('`', '')}: {_said(found)}")
    return [row for name, found in seen.items() for row in _rows(name, found)]


def start(servers: Stack, contacts: int) -> tuple[Server, Server]:
    """Start the API and the reference with a table of the same size, and warm both."""
    servers.sql(f"CREATE DATABASE {REFERENCE} OWNER hastecrm", "postgres")
    for statement in SCHEMA.format(contacts=contacts).split(";")[:-1]:
        servers.sql(statement, REFERENCE, user="hastecrm")
    servers.sql("VACUUM ANALYZE", REFERENCE)
    ours = sign_in(servers, servers.api().ready())
    return ours, servers.api(script="reference.py").ready_on_its_port()


def at_equal_load(
    bench: Bench, servers: Stack, pair: tuple[Server, Server], what: tuple[str, Seen], seconds: float
) -> None:
    """Take a sample of ours and one of the reference at the same rate."""
    (ours, by_hand), (name, found) = pair, what
    for server in pair if not found.ours else ():  # warm
        bench.generator.attack(RATE / 2, 1, some(requests(server, name), RATE))
    statements = Statements(servers)
    for server, samples in ((ours, found.ours), (by_hand, found.by_hand)):
        targets = some(requests(server, name), int(RATE * seconds) + 1)
        samples.append(sample(server.program, bench.generator, RATE, seconds, targets))
        if server is ours:
            found.statements.append(statements.since() / samples[-1].report.requests)


def _at_its_limit(bench: Bench, ours: Server, name: str, found: Seen) -> None:
    targets = requests(ours, name)
    means = (ours.program, bench.generator)
    cpu = saturated(*means, found.ours[-1].cpu, targets)
    found.saturated.append(1 / cpu)
    found.sustained.append(best := sustained(*means, found.ours[-1].cpu, targets))
    rate = max(1, round(best * SHARE))
    picked = some(targets, int(rate * LATENCY_SECONDS) + 1)
    found.at_share.append(sample(ours.program, bench.generator, rate, LATENCY_SECONDS, picked))


def requests(server: Server, name: str) -> Iterator[Target]:
    """Return endless requests of one operation."""
    if name == PAGE:
        return repeat(server.get(f"{CONTACTS}?limit=50"))
    if name == ONE:
        return repeat(server.get(f"{CONTACTS}/{first_contact(server)}"))
    return (server.post(CONTACTS, _new_contact(mark)) for mark in _marks())


def some(targets: Iterator[Target], number: int) -> list[Target]:
    """Return as many requests as will be sent; a single one where all are the same."""
    return [next(targets)] if isinstance(targets, repeat) else list(islice(targets, number))


def _marks() -> Iterator[str]:
    series = token_hex(4)
    return (f"{series}-{number}" for number in count())


def _new_contact(mark: str) -> dict[str, str]:
    return {
        "first_name": "Bench",
        "last_name": mark,
        "email": f"bench-{mark}@example.com",
        "phone": "+43 1 5550100",
        "title": "Engineer",
        "company": "Example",
    }


def _said(found: Seen) -> str:
    return (
        f"{found.ours[-1].cpu * 1e6:.0f} µs CPU ({found.by_hand[-1].cpu * 1e6:.0f} by hand), "
        f"{found.sustained[-1]:.0f}/s sustained"
    )


def _rows(name: str, found: Seen) -> Iterator[Row]:
    if all(found.sustained):  # else the machine was too busy for any rate to hold
        yield from _at_the_limit(name, found)
    yield Row(f"{name}, per CPU second when saturated", found.saturated, "req/s")
    yield cost(name, found)
    yield Row(f"{name}, statements per request", found.statements, "statements")


def _at_the_limit(name: str, found: Seen) -> Iterator[Row]:
    yield Row(f"{name}, sustained", found.sustained, "req/s")
    for label, value in LATENCIES.items():
        yield Row(f"{name}, {label} at 60 % of that", [value(s) for s in found.at_share], "ms")


def cost(name: str, found: Seen) -> Row:
    """Return the CPU time of one request beside that of the same by hand."""
    ours, by_hand = ([s.cpu * 1e6 for s in samples] for samples in (found.ours, found.by_hand))
    return Row(f"{name}, CPU per request", ours, "µs", by_hand, gate=True)
