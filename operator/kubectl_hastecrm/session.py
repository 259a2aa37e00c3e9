"""One run of the program: where it looks, as whom, and the objects that it finds there."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from hastecrm_operator.adapters import credentials as sign_in
from hastecrm_operator.adapters import kubeconfig as files
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM
from kubectl_hastecrm.client import Client
from kubectl_hastecrm.completion import context_names, namespace_names
from kubectl_hastecrm.problems import Exit, Problem

_PANEL = "Where"
_SHARED: dict[str, Any] = {
    "namespace": Annotated[
        str | None,
        typer.Option(
            "--namespace",
            "-n",
            help="Namespace to look in. Default: the context's.",
            rich_help_panel=_PANEL,
            autocompletion=namespace_names,
        ),
    ],
    "context": Annotated[
        str | None,
        typer.Option(
            help="Context of the kubeconfig. Default: the current one.",
            rich_help_panel=_PANEL,
            autocompletion=context_names,
        ),
    ],
    "kubeconfig": Annotated[
        str | None,
        typer.Option(help="Path of the kubeconfig. Default: $KUBECONFIG.", rich_help_panel=_PANEL),
    ],
}


@dataclass(frozen=True)
class Session:
    """A connection, and the namespace that is meant."""

    client: Client
    namespace: str

    async def crm(self, name: str | None) -> JSON:
        """Return one HasteCRM; without a name the only one. Raises Problem."""
        if name is None:
            return await self._only_one()
        name = name.split("/")[-1]  # hcrm/acme, as kubectl says it
        try:
            return await self.client.get(HASTECRM, self.namespace, name)
        except NotFoundError as exc:
            raise await self._not_found(name, exc) from None

    async def _not_found(self, name: str, exc: NotFoundError) -> Problem:
        known = [body["metadata"]["name"] for body in await self.client.list_all(HASTECRM, self.namespace)]
        there = f"there is {', '.join(known)}" if known else "there is none; see `status -A`"
        message = f"no HasteCRM {name!r} in namespace {self.namespace}; {there}"
        return Problem(message, Exit.NOT_FOUND).with_traceback(exc.__traceback__)

    async def _only_one(self) -> JSON:
        found = await self.client.list_all(HASTECRM, self.namespace)
        if len(found) == 1:
            return found[0]
        if not found:
            raise Problem(f"no HasteCRM in namespace {self.namespace}; name one with -n", Exit.NOT_FOUND)
        names = ", ".join(body["metadata"]["name"] for body in found)
        raise Problem(f"there are several in namespace {self.namespace}: name one of {names}", Exit.USAGE)


@asynccontextmanager
async def connected(
    namespace: str | None = None, context: str | None = None, kubeconfig: str | None = None
) -> AsyncIterator[Session]:
    """Open a session as kubectl would: by the kubeconfig, in a pod by its service account."""
    if files.exists(kubeconfig) or not (sign_in.SERVICE_ACCOUNT / "token").exists():
        access = files.read(kubeconfig, context)
    else:
        own = (sign_in.SERVICE_ACCOUNT / "namespace").read_text().strip()
        access = files.Access(sign_in.load(None, None), own)
    async with Client(access.credentials) as client:
        yield Session(client, namespace or access.namespace or "default")


Verb = Callable[..., Awaitable[int | None]]


def verb(run: Verb) -> Callable[..., None]:
    """Return `run(session, …)` as a command: with the options of where, and its result as the exit code."""
    own = list(inspect.signature(run, eval_str=True).parameters.values())[1:]

    def command(**given: Any) -> None:
        where = {name: given.pop(name) for name in _SHARED}
        raise typer.Exit(asyncio.run(_in_session(run, where, given)))

    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _SHARED.items()
    ]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what Typer reads
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = run.__doc__
    return command


async def _in_session(run: Verb, where: dict[str, Any], given: dict[str, Any]) -> int:
    async with connected(**where) as session:
        return await run(session, **given) or Exit.DONE
