"""What is remembered about each named cluster between two commands, and the locks around it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from .layout import Layout


@dataclass(frozen=True)
class Record:
    """What `up` decided; `status`, `down` and the next `up` follow it."""

    provider: str
    slot: int = 0
    with_node: bool = True
    with_controllers: bool = True
    api_port: int | None = None
    kubeconfig: str = ""


def read_record(layout: Layout) -> Record | None:
    """Return what is remembered about the cluster, or None if it was never made."""
    try:
        return Record(**json.loads(layout.record.read_text()))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, TypeError):
        return None


def write_record(layout: Layout, record: Record) -> None:
    """Remember `record`, in one step so that a crash leaves the old or the new one."""
    layout.root.mkdir(parents=True, exist_ok=True, mode=0o711)
    write_private(layout.record, json.dumps(asdict(record), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def taken_slots(root: Path) -> set[int]:
    """Return the slots of all remembered clusters."""
    names = [entry.name for entry in root.iterdir() if entry.is_dir()] if root.is_dir() else []
    records = (read_record(Layout(name, root / name)) for name in names)
    return {record.slot for record in records if record is not None and record.provider == "devcluster"}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock while the block runs; the kernel frees it if this process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Whoever held it before may have removed the file: then this lock guards nothing.
            if path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                yield
                return
