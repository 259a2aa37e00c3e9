"""What the shell offers: names of objects, namespaces, contexts; also in kubectl's own protocol."""

import asyncio
import io
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import redirect_stdout, suppress
from typing import Any, Final

from typer import completion

from hastecrm_operator.engine.kinds import HASTECRM, HASTECRM_BACKUP, HASTECRM_RESTORE, Kind
from kubectl_hastecrm.kinds import NAMESPACE

_SECONDS: Final = 3.0  # nobody waits longer for a tab
_NO_FILES: Final = 4  # Cobra's directive: do not offer files
_FILES: Final = 0
PROGRAM: Final = "kubectl-hastecrm"
VARIABLE: Final = "_KUBECTL_HASTECRM_COMPLETE"


def hastecrm_names(ctx: Any, incomplete: str) -> list[str]:
    """Return the HasteCRM objects of the namespace."""
    return _offered(ctx, incomplete, HASTECRM)


def restore_sources(ctx: Any, incomplete: str) -> list[str]:
    """Return the dumps that can be restored; with --undo, the restores that can be undone."""
    return _offered(ctx, incomplete, HASTECRM_RESTORE if ctx.params.get("undo") else HASTECRM_BACKUP)


def namespace_names(ctx: Any, incomplete: str) -> list[str]:
    """Return the namespaces of the cluster."""
    return _offered(ctx, incomplete, NAMESPACE)


def context_names(ctx: Any, incomplete: str) -> list[str]:
    """Return the contexts of the kubeconfig."""
    from hastecrm_operator.adapters import kubeconfig as files  # noqa: PLC0415 - slow, and rarely needed

    return _or_nothing(lambda: files.contexts(ctx.params.get("kubeconfig")), incomplete)


def _offered(ctx: Any, incomplete: str, kind: Kind) -> list[str]:
    async def listed() -> list[str]:
        from kubectl_hastecrm.session import connected  # noqa: PLC0415

        where = {key: ctx.params.get(key) for key in ("namespace", "context", "kubeconfig")}
        async with connected(**where) as session:
            found = await session.client.list_all(kind, session.namespace)
        return [item["metadata"]["name"] for item in found]

    return _or_nothing(lambda: asyncio.run(_hurried(listed)), incomplete)


async def _hurried(ask: Callable[[], Awaitable[list[str]]]) -> list[str]:
    return await asyncio.wait_for(ask(), _SECONDS)


def _or_nothing(ask: Callable[[], list[str]], incomplete: str) -> list[str]:
    try:
        return sorted(name for name in ask() if name.startswith(incomplete))
    except Exception:  # noqa: BLE001 - a tab must never print a traceback into the command line
        return []


def script(shell: str) -> str:
    """Return the script that completes `kubectl-hastecrm` in a shell."""
    text: str = completion.get_completion_script(  # type: ignore[attr-defined] # it lacks an __all__
        prog_name=PROGRAM, complete_var=VARIABLE, shell=shell
    )
    return text


def main() -> None:
    """Answer kubectl: arguments are the words after `kubectl hastecrm`, the last one is being written."""
    words = [PROGRAM, *sys.argv[1:]]
    asked = {VARIABLE: "complete_bash", "COMP_CWORD": str(len(words) - 1), "COMP_WORDS": _quoted(words)}
    offered = _asked(asked).strip()
    directive = _FILES if words[-2] in {"-f", "--filename", "--kubeconfig"} else _NO_FILES
    print(f"{offered}\n:{directive}" if offered else f":{directive}")  # noqa: T201 - the protocol


def _quoted(words: list[str]) -> str:
    import shlex  # noqa: PLC0415 - only here

    return " ".join(shlex.quote(word) if word else "" for word in words)


def _asked(environment: dict[str, str]) -> str:
    from kubectl_hastecrm.main import run  # noqa: PLC0415 - it imports this module

    os.environ.update(environment)
    answer = io.StringIO()
    with redirect_stdout(answer), suppress(SystemExit):
        run([])
    return answer.getvalue()
