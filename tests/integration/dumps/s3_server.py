"""A real S3 server: versitygw over a directory, built from its pinned Go module once."""

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.servers import free_port, wait_for
from tools.devcluster.build import Module, build, programs
from tools.devcluster.layout import cache_root

ACCESS_KEY = "hastecrm-tests"
SECRET_KEY = "a-secret-of-the-tests-alone"
BUCKET = "dumps"
_VERSITYGW = Module(
    "versitygw",
    "v1.8.0",
    ("versitygw",),
    minutes=2,
    packages=("github.com/versity/versitygw/cmd/versitygw",),
    folder=Path(__file__).resolve().parent,
)


def versitygw() -> Path:
    """Return the program; build it if this machine has not yet."""
    cache = cache_root(os.environ)
    build(cache, [_VERSITYGW], os.environ)
    return programs(cache, [_VERSITYGW])["versitygw"]


class S3Server:
    """A server with one bucket, whose objects are the files of a directory; with a certificate, over TLS."""

    def __init__(self, folder: Path, certificate: tuple[Path, Path] | None = None) -> None:
        self.port = free_port()
        self.root = folder / "buckets"
        self._tls = (
            [] if certificate is None else ["--cert", str(certificate[0]), "--key", str(certificate[1])]
        )
        self._process: subprocess.Popen[bytes] | None = None
        (self.root / BUCKET).mkdir(parents=True)

    def start(self) -> None:
        """Start it and wait until it listens."""
        command: list[Any] = [versitygw(), "--port", f"127.0.0.1:{self.port}", *self._tls, "posix", self.root]
        keys = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
        self._process = subprocess.Popen(command, env=os.environ | keys, stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def environment(self, port: int | None = None) -> dict[str, str]:
        """Return the settings with which the application finds the bucket; `port`: of a proxy before it."""
        return {
            "HASTECRM_BACKUP_S3_ENDPOINT": f"http{'s' if self._tls else ''}://127.0.0.1:{port or self.port}",
            "HASTECRM_BACKUP_S3_BUCKET": BUCKET,
            "HASTECRM_BACKUP_S3_PREFIX": "backups/",
            "HASTECRM_BACKUP_S3_ACCESS_KEY_ID": ACCESS_KEY,
            "HASTECRM_BACKUP_S3_SECRET_ACCESS_KEY": SECRET_KEY,
        }
