"""`support-bundle`: everything that helps to understand, nothing that is secret."""

import asyncio
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.collecting import Collector, Files
from kubectl_hastecrm.output import show
from kubectl_hastecrm.problems import Problem
from kubectl_hastecrm.requests import stamp
from kubectl_hastecrm.session import Session, verb


@verb
async def support_bundle(
    session: Session,
    name: Name = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="Where to write. Default: here.")] = None,
    logs: Annotated[bool, typer.Option("--logs/--no-logs", help="With the logs of all pods.")] = True,
) -> None:
    """Write all that helps to understand an object into one archive, without any secret.

    Objects, status, events, logs, versions. Of Secrets only the names and sizes of keys; the values of
    environment variables are masked; what your Secrets hold is looked for and masked everywhere else.
    """
    collector = Collector(session, await session.crm(name), datetime.now(UTC))
    files = await collector.files(logs=logs)
    path = file or Path(f"hastecrm-support-{collector.crm}-{stamp(collector.now)}.tar.gz")
    try:
        await asyncio.to_thread(_write, path, files, collector.now)
    except OSError as exc:
        raise Problem(f"{path} cannot be written: {exc.strerror}") from exc
    show(f"{path}: {len(files)} files; look through it before you send it to anybody")


def _write(path: Path, files: Files, now: datetime) -> None:
    root = path.name.split(".")[0]
    path.touch(mode=0o600)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in sorted(files.items()):
            content = text.encode()
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))
