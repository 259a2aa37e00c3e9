"""What an image is made of, as one hash: the same hash means the same image, and no build."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import dockerfile


def input_hash(root: Path, text: str, arguments: dict[str, str]) -> str:
    """Return a hash of the pruned Dockerfile, the files that it copies and the build arguments."""
    digest = hashlib.sha256(text.encode())
    for name, value in sorted(arguments.items()):
        digest.update(f"\0{name}={value}".encode())
    for path in _files(root, dockerfile.copied_paths(text)):
        digest.update(f"\0{path.relative_to(root)}\0{path.stat().st_mode & 0o111:o}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path, paths: list[str]) -> Iterator[Path]:
    for name in paths:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and not _is_ignored(file))


def _is_ignored(path: Path) -> bool:
    return path.suffix == ".pyc" or "__pycache__" in path.parts


def revision(root: Path, text: str) -> tuple[str, str]:
    """Return commit and ISO time of the inputs' last change; without a commit of exactly these, no time."""
    paths = ["Dockerfile", *dockerfile.copied_paths(text)]
    last = _git(root, "log", "-1", "--format=%H %cI", "--", *paths)
    if not last:
        return "unknown", ""
    commit, _, when = last.partition(" ")
    dirty = _git(root, "status", "--porcelain", "--", *paths)
    return (f"{commit}-dirty", "") if dirty else (commit, when)


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
