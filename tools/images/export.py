"""Writes images as archives that a cluster can import."""

import json
import tarfile
from pathlib import Path

from .engine import Engine
from .errors import ImagesError
from .progress import Progress
from .targets import Target


def export(engine: Engine, targets: list[Target], directory: Path, progress: Progress) -> list[Path]:
    """Write one archive per image and return their paths; what is up to date is not written again."""
    directory.mkdir(parents=True, exist_ok=True)
    return [_export(engine, target, directory / target.archive, progress) for target in targets]


def _export(engine: Engine, target: Target, archive: Path, progress: Progress) -> Path:
    image = engine.image(target.reference)
    if image is None:
        raise ImagesError(f"{target.reference} is not built: run `python3 tools/images build {target.name}`")
    if archived_id(archive) == image.id:
        progress.say(f"{archive} is up to date")
        return archive
    partial = archive.with_suffix(".partial")
    partial.unlink(missing_ok=True)  # Podman refuses to write over a file.
    engine.save(target.reference, partial)
    partial.rename(archive)
    progress.say(f"{archive} written ({archive.stat().st_size / 1e6:.0f} MB)")
    return archive


def archived_id(archive: Path) -> str | None:
    """Return the id of the image in an archive, or None when there is none to read."""
    try:
        with tarfile.open(archive) as tar:
            manifest = tar.extractfile("manifest.json")
            config: str = json.load(manifest)[0]["Config"] if manifest else ""
    except (OSError, tarfile.TarError, KeyError, ValueError):
        return None
    return Path(config).name.removesuffix(".json") or None
