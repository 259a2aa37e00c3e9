"""Finds kubectl: the checkout's own one first, then the machine's."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from .errors import DevclusterError

_CHECKOUT = Path(__file__).resolve().parents[2]


def find_kubectl(environment: Mapping[str, str]) -> Path:
    """Return the kubectl program."""
    own = _CHECKOUT / ".venv" / "bin" / "kubectl"
    if own.exists():
        return own
    found = shutil.which("kubectl", path=environment.get("PATH"))
    if found is None:
        raise DevclusterError("kubectl is missing: `make env` installs it into .venv")
    return Path(found)
