"""Two API processes behind a Service are replaced one after the other while requests come in."""

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from .balancer import Balancer
from .bench import Bench
from .load import Report, Target
from .people import sign_in
from .reads import CREATE, ONE, PAGE, requests
from .results import Row
from .stack import Server, Stack, stack

RATE = 300  # requests per second
PROCESSES = 2
SECONDS = 30.0
BEFORE = 4.0  # seconds of load before the first process is replaced
PROPAGATION = 1.0  # seconds until a Service no longer sends connections to a pod that ends
CONTACTS_STORED = 1_000


def measure(bench: Bench) -> Sequence[Row]:
    """Replace all processes under load and count what failed."""
    with stack(bench.cores, CONTACTS_STORED) as servers, Balancer() as service:
        old = [servers.api(cores=bench.cores.all).ready() for _ in range(PROCESSES)]
        sign_in(servers, old[0])
        service.use([server.port for server in old])
        with bench.generator.attacking(RATE, SECONDS, _mix(old[0], service.port)) as attack:
            time.sleep(BEFORE)
            exits = _replace(bench, servers, service, old)
            report = attack.report()
    bench.say(f"  {report.requests} requests, {dict(report.codes)}, exit codes {exits}")
    return list(_rows(report, exits))


def _replace(bench: Bench, servers: Stack, service: Balancer, old: list[Server]) -> list[int]:
    """Do as a rolling update with maxSurge 1 and maxUnavailable 0 does; return the exit codes."""
    serving, exits = list(old), []
    for leaving in old:
        serving.append(servers.api(cores=bench.cores.all).ready())
        service.use([server.port for server in serving])
        serving.remove(leaving)
        # Endpoints are withdrawn while the signal is delivered, so connections still come for a moment.
        ports = [server.port for server in serving]
        timer = threading.Timer(PROPAGATION, service.use, [ports])
        timer.start()
        exits.append(leaving.program.stop())
        timer.join()
        bench.say(f"  a process was replaced; the old one ended with {exits[-1]}")
    return exits


def _mix(server: Server, port: int) -> list[Target]:
    """Return pages, single contacts and new contacts in turn, addressed to the Service."""
    series = [_through(port, requests(server, name)) for name in (PAGE, ONE, CREATE)]
    rounds = islice(zip(*series, strict=False), int(RATE * SECONDS) // len(series) + 1)
    return [target for one_round in rounds for target in one_round]


def _through(port: int, targets: Iterator[Target]) -> Iterator[Target]:
    for target in targets:
        path = "/" + target.url.split("/", 3)[3]
        yield Target(target.method, f"http://127.0.0.1:{port}{path}", target.headers, target.body)


def _rows(report: Report, exits: Sequence[int]) -> Iterator[Row]:
    failed = round(report.requests * (1 - report.success))
    why = f"the client saw: {'; '.join(report.errors[:3]) or dict(report.codes)}"
    yield Row(f"failed requests of {report.requests:,}", [failed], "", (), 0, why=why)
    yield Row("processes that did not end with code 0", [sum(map(bool, exits))], "", (), 0, why="see the log")
    for label, seconds in (("p50", report.p50), ("p99", report.p99), ("longest", report.longest)):
        yield Row(f"{label} meanwhile", [seconds * 1000], "ms")
