"""PostgreSQL's own programs: where they are, and how they are told where the database is.

Nothing about the database stands on a command line, which every process of a machine can read.
"""

import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

from hastecrm.core.postgres import CONNECT_TIMEOUT
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed
from hastecrm.dumps.errors import ProgramMissingError, VersionMismatchError

_DEBIAN = Path("/usr/lib/postgresql")  # /usr/bin has a script there, which chooses by rules of its own


def environment(settings: Settings, *, database: str | None = None, role: str = "backup") -> dict[str, str]:
    """Return the whole environment of such a program; `database` instead of the application's own."""
    told = {
        "PGHOST": settings.database_host,
        "PGPORT": str(settings.database_port),
        "PGDATABASE": database or settings.database_name,
        "PGUSER": settings.database_user,
        "PGPASSWORD": revealed(settings.database_password),
        "PGSSLMODE": settings.database_ssl_mode,
        "PGSSLROOTCERT": _authorities(settings),
        "PGCONNECT_TIMEOUT": str(round(CONNECT_TIMEOUT)),
        "PGAPPNAME": f"hastecrm-{role}",
        # Without it, row-level security would hide every row that belongs to a workspace.
        "PGOPTIONS": "-c hastecrm.system=on -c statement_timeout=0",
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",  # English messages
        "HOME": "/nonexistent",  # no .pgpass, no client certificates of somebody's
    }
    return {name: value for name, value in told.items() if value is not None}


def _authorities(settings: Settings) -> str | None:
    # A file makes libpq check what `require` leaves unchecked, and without one it trusts no authority at all.
    if settings.database_ssl_mode != "verify-full":
        return None
    return (
        settings.database_ca_file or os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    )


def program(name: str) -> Path:
    """Return where `pg_dump`, `pg_restore` or `psql` is, the newest one; raise `ProgramMissingError`."""
    found = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1]
    if elsewhere := shutil.which(name):
        return Path(elsewhere)
    raise ProgramMissingError(
        f"{name} is not installed: use the application's image or add PostgreSQL's client"
    )


def major_of(path: Path) -> int:
    """Return the major version of such a program."""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    if (major := _first_number(told)) is None:
        raise ProgramMissingError(f"{path} does not say its version; is it PostgreSQL's?")
    return major


def _first_number(text: str) -> int | None:
    found = re.search(r"\d+", text)  # also of 19beta1
    return int(found[0]) if found else None


def check_version(path: Path, server_version: str) -> None:
    """Raise `VersionMismatchError` if this program is older than the server."""
    ours, theirs = major_of(path), _first_number(server_version)
    if theirs is not None and theirs > ours:
        raise VersionMismatchError(
            f"the server is PostgreSQL {theirs}, {path.name} is of version {ours}, too old for it: build the "
            f"image with --build-arg POSTGRES_MAJOR={theirs} and name it in spec.images.app"
        )
