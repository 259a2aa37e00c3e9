"""The images of the project and what they are called."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TARGETS = ("redis", "postgres", "operator", "app")
REPOSITORY = "localhost/hastecrm"

# Upstream's major version and our revision of the image: raised when a release changes the image's files.
_OWN_VERSIONS = {"postgres": "15-2", "redis": "7-2"}


@dataclass(frozen=True)
class Target:
    """One image to build: the Dockerfile's target, and the version it is tagged with."""

    name: str
    version: str
    repository: str

    @property
    def reference(self) -> str:
        """Full name, such as localhost/hastecrm/app:0.1.0."""
        return f"{self.repository}/{self.name}:{self.version}"

    @property
    def archive(self) -> str:
        """File name of the exported image, such as app-0.1.0.tar."""
        return f"{self.name}-{self.version}.tar"


def project_version(root: Path) -> str:
    """Return the version that pyproject.toml states."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def targets(names: list[str], version: str, repository: str) -> list[Target]:
    """Return the named targets, or all of them, in the order of the Dockerfile."""
    wanted = names or TARGETS
    return [Target(name, _OWN_VERSIONS.get(name, version), repository) for name in TARGETS if name in wanted]
