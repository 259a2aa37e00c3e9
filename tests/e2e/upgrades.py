"""Releases that change the schema: the image of the application with more migrations, in the cluster."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.installation import ROOT
from tools.images.engine import Engine, find_engine
from tools.images.targets import REPOSITORY, project_version

_BASE = f"{REPOSITORY}/app:{project_version(ROOT)}"
_MIGRATIONS = "/opt/hastecrm/lib/hastecrm/migrations/"
SCHEMA = len(list((ROOT / "app/hastecrm/migrations").glob("*.sql")))
"""Version of the schema that the image without more migrations is made for."""


@dataclass(frozen=True)
class Upgrade:
    """An image whose migrations follow those of this checkout, and its own defaults of settings."""

    tag: str
    migrations: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """Its full reference."""
        return f"{REPOSITORY}/app:e2e-{self.tag}"

    @property
    def schema(self) -> int:
        """Version of the schema that it is made for."""
        return SCHEMA + len(self.migrations)

    def write(self, folder: Path) -> None:
        """Write what it is built from."""
        for number, sql in enumerate(self.migrations, start=SCHEMA + 1):
            (folder / f"{number:04}_e2e.sql").write_text(sql)
        settings = "".join(f"ENV {name}={value}\n" for name, value in self.settings.items())
        copy = f"COPY --chmod=0644 *.sql {_MIGRATIONS}"
        (folder / "Dockerfile").write_text(f"FROM {_BASE}\n{copy}\n{settings}")


def load(*upgrades: Upgrade) -> None:
    """Build the images and bring them into the cluster that HASTECRM_CLUSTER_NAME names."""
    engine = find_engine("auto")
    assert engine is not None, "the installation's own images were built by one"
    with TemporaryDirectory() as folder:
        for upgrade in upgrades:
            _build(engine, upgrade, Path(folder) / upgrade.tag)
        archive = Path(folder) / "images.tar"
        _save(engine, [upgrade.image for upgrade in upgrades], archive)
        subprocess.run([sys.executable, ROOT / "tools/devcluster", "load-image", archive], check=True)


def _build(engine: Engine, upgrade: Upgrade, folder: Path) -> None:
    folder.mkdir()
    upgrade.write(folder)
    engine.must("build", *engine.build_arguments(), f"--tag={upgrade.image}", str(folder))


def _save(engine: Engine, images: list[str], archive: Path) -> None:
    several = ["--quiet", "--multi-image-archive"] if engine.name == "podman" else []
    engine.must("save", *several, "--output", str(archive), *images)
