"""Wires the operator together and runs it until a signal, a lost lease or a fatal error ends it."""

import argparse
import asyncio
import gc
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import kopf
import structlog
import uvloop
from pydantic import ValidationError

from hastecrm_operator.adapters import credentials as sign_in
from hastecrm_operator.adapters.certificates import CertificateProcess
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api.names import MANAGED_SELECTOR as OURS
from hastecrm_operator.api.names import UNMANAGED_SELECTOR as NOT_OURS
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.comparison import Comparison
from hastecrm_operator.engine.controller import Controller
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.events import Recorder
from hastecrm_operator.engine.finalizer import release_all
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.informer import Informer
from hastecrm_operator.engine.intake import Intake
from hastecrm_operator.engine.issuing import Issue
from hastecrm_operator.engine.kinds import FOREIGN, HASTECRM, REQUESTS, WATCHED
from hastecrm_operator.engine.last_words import LastWords
from hastecrm_operator.engine.leader import Candidate, Leadership
from hastecrm_operator.engine.objects import Objects
from hastecrm_operator.engine.publish import Publisher
from hastecrm_operator.engine.queue import Priority, WorkQueue
from hastecrm_operator.engine.reconcile import Reconciler
from hastecrm_operator.engine.releases.history import History
from hastecrm_operator.engine.releases.steering import Steering
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.engine.stores import ChildStore, ForeignStore, ObjectStore, RequestStore
from hastecrm_operator.handlers.thread import KopfThread
from hastecrm_operator.settings import OperatorSettings
from hastecrm_operator.telemetry.logging import configure
from hastecrm_operator.telemetry.loop import measure_lag
from hastecrm_operator.telemetry.metrics import Metrics
from hastecrm_operator.telemetry.server import serve

log = structlog.get_logger()
_LISTS_AT_ONCE = 2

_EXAMPLES = """\
examples:
  hastecrm-operator                       run in a pod, by its service account
  HASTECRM_OPERATOR_KUBECONFIG=~/.kube/config hastecrm-operator
  hastecrm-operator --settings            list every setting with its default
"""


def main() -> None:
    """Run the operator; exit 0 after a signal, 1 when it had to stop, 2 for bad settings."""
    parser = argparse.ArgumentParser(
        "hastecrm-operator",
        description="Makes a cluster match its HasteCRM objects.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", action="store_true", help="print the settings and exit")
    parser.add_argument(
        "--release-finalizers",
        action="store_true",
        help="let every object be deleted without an operator, and exit: for uninstalling",
    )
    arguments = parser.parse_args()
    if arguments.settings:
        _print_settings()
        return
    sys.exit(_run(_release_finalizers if arguments.release_finalizers else _operate))


def _run(work: Callable[[OperatorSettings, sign_in.Credentials], Coroutine[Any, Any, int]]) -> int:
    try:
        settings = OperatorSettings()
        credentials = sign_in.load(settings.kubeconfig, settings.context)
    except ValidationError as exc:
        for error in exc.errors():
            name = f"HASTECRM_OPERATOR_{str(error['loc'][0]).upper()}"
            print(f"{name}: {error['msg']}, got {error['input']!r}", file=sys.stderr)  # noqa: T201
        return 2
    except sign_in.CredentialsError as exc:
        print(exc, file=sys.stderr)  # noqa: T201
        return 2
    configure(settings.log_level, json=settings.log_json)
    gc.freeze()  # what was imported stays: looking through it again and again is wasted time
    gc.set_threshold(10_000, 20, 20)
    return uvloop.run(work(settings, credentials))


async def _release_finalizers(settings: OperatorSettings, credentials: sign_in.Credentials) -> int:
    async with KubernetesCluster(credentials, Metrics()) as cluster:
        try:
            for key in await release_all(cluster, settings.namespaces):
                log.info("finalizer released", namespace=key.namespace, object=key.name)
        except APIError as exc:
            print(f"not all finalizers were released: {exc}", file=sys.stderr)  # noqa: T201
            return 1
    return 0


async def _operate(settings: OperatorSettings, credentials: sign_in.Credentials) -> int:
    metrics, stop = Metrics(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        KubernetesCluster(credentials, metrics, at_once=settings.requests) as cluster,
        CertificateProcess() as certificates,
    ):
        controller = _controller(settings, cluster, metrics, certificates.issue)
        leadership = _leadership(settings, cluster)
        kopf_thread = _kopf(settings, credentials, controller)
        async with _probes(settings, controller, metrics):
            await _until_one_ends(
                stop.wait(),
                kopf_thread.run(),
                controller.run_informers(),
                measure_lag(metrics.loop_lag),
                _work(settings, controller, leadership),
            )
    log.info("stopped as asked to") if stop.is_set() else log.error("stopped without having been asked to")
    return 0 if stop.is_set() else 1


def _controller(
    settings: OperatorSettings, cluster: KubernetesCluster, metrics: Metrics, issue: Issue
) -> Controller:
    clock, now = asyncio.get_running_loop().time, cluster.clock.now
    intake = Intake(Objects(), WorkQueue[Key](), Comparison(clock), metrics)
    children = Children(intake.child_changed)
    requests = Requests(intake.request_changed)
    foreign = Foreign(cluster, intake.foreign_changed, clock)
    applier = Applier(cluster, children, generate=lambda: secrets.token_urlsafe(32))
    words, repository = LastWords(cluster), settings.image_repository
    reconciler = Reconciler(
        cluster,
        intake.objects,
        children,
        applier,
        repository,
        Publisher(cluster, intake.objects, now, Recorder(cluster)),
        now,
        issue,
        words,
        foreign,
        Desk(cluster, requests),
        Steering(cluster, children, words, repository, now, History(cluster), requests),
    )
    informers, of_foreign, lists = [], [], asyncio.Semaphore(_LISTS_AT_ONCE)
    for namespace in settings.namespaces or ("",):
        watch = partial(Informer, source=cluster, metrics=metrics, namespace=namespace, lists=lists)
        informers.append(watch(HASTECRM, store=ObjectStore(intake, namespace), selector=""))
        stores = {kind: ChildStore(children, kind, namespace) for kind in WATCHED}
        informers += [watch(kind, store=store, selector=OURS) for kind, store in stores.items()]
        asked = {kind: RequestStore(requests, kind, namespace) for kind in REQUESTS}
        informers += [watch(kind, store=store, selector="") for kind, store in asked.items()]
        others = {kind: ForeignStore(foreign, kind, namespace) for kind in FOREIGN}
        of_foreign += [watch(kind, store=store, selector=NOT_OURS) for kind, store in others.items()]
    controller = Controller(intake, informers, foreign, of_foreign, reconciler, metrics, clock)
    _show(controller, children)
    return controller


def _show(controller: Controller, children: Children) -> None:
    metrics, intake, clock = controller.metrics, controller.intake, controller.clock
    metrics.children.set_function(lambda: len(children))
    metrics.queue_oldest.set_function(controller.oldest)
    metrics.kopf_lag.set_function(intake.comparison.lag)
    for priority in Priority:
        depth = partial(intake.queue.depth, priority)
        metrics.queue_depth.labels(priority.name.lower()).set_function(depth)
    for informer in controller.informers:
        age = partial(lambda watched: clock() - watched.last_heard, informer)
        metrics.watch_age.labels(informer.kind.name, informer.namespace).set_function(age)


def _leadership(settings: OperatorSettings, cluster: KubernetesCluster) -> Leadership:
    return Leadership(
        cluster,
        Candidate(
            settings.namespace,
            "hastecrm-operator",
            settings.identity or f"{socket.gethostname()}-{secrets.token_hex(4)}",
        ),
        clock=asyncio.get_running_loop().time,
        now=lambda: datetime.now(UTC),
    )


@asynccontextmanager
async def _probes(
    settings: OperatorSettings, controller: Controller, metrics: Metrics
) -> AsyncIterator[None]:
    def alive() -> str:
        deaf = controller.deaf_watches()
        return f"deaf watches: {', '.join(deaf)}" if deaf else ""

    ready = controller.unready
    runner = await serve(settings.host, settings.port, alive=alive, ready=ready, metrics=metrics)
    try:
        yield
    finally:
        await runner.cleanup()


async def _work(settings: OperatorSettings, controller: Controller, leadership: Leadership) -> None:
    """Reconcile while we are the leader, again and again; give the lease away in the end."""
    if not settings.leader_election:
        await controller.run_workers(settings.workers, settings.resync_seconds)
    leader = controller.metrics.leader
    try:
        while True:
            await leadership.acquire()
            leader.set(1)
            workers = controller.run_workers(settings.workers, settings.resync_seconds)
            await _until_one_ends(workers, leadership.hold())
            leader.set(0)
    finally:
        await leadership.release()


def _kopf(settings: OperatorSettings, credentials: sign_in.Credentials, controller: Controller) -> KopfThread:
    def login() -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(
            server=credentials.server,
            ca_path=credentials.ca_file,
            insecure=not credentials.verify,
            scheme="Bearer" if credentials.bearer() else None,
            token=credentials.bearer(),
            certificate_path=credentials.certificate_file,
            private_key_path=credentials.key_file,
        )

    intake = controller.intake
    return KopfThread(intake, login, settings.namespaces, intake.metrics, intake.comparison.lag)


async def _until_one_ends(*coroutines: Coroutine[Any, Any, object]) -> None:
    """Run all until one ends, then cancel the others; raises what the first one raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _print_settings() -> None:
    for name, field in OperatorSettings.model_fields.items():
        default = field.get_default()
        print(f"HASTECRM_OPERATOR_{name.upper():<18} {field.description} Default: {default!r}")  # noqa: T201
