"""Reads which images an archive holds, in Docker's and in the OCI format, without unpacking it."""

import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import DevclusterError

_REFERENCE = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """One image: its full reference, and the digest of its configuration, which is its identity."""

    reference: str
    digest: str


def images(archive: Path) -> list[Image]:
    """Return the images in an archive; raises DevclusterError if it is none."""
    try:
        with tarfile.open(archive) as tar:
            names = tar.getnames()
            if "manifest.json" in names:
                return _docker(_member(tar, "manifest.json"))
            return [_oci(tar, entry) for entry in _member(tar, "index.json")["manifests"]]
    except (tarfile.TarError, KeyError, ValueError) as exc:
        raise DevclusterError(f"{archive} is not an image archive of docker, podman or buildah") from exc


def _docker(entries: list[dict[str, Any]]) -> list[Image]:
    return [
        Image(reference, _hexadecimal(entry["Config"]))
        for entry in entries
        for reference in entry["RepoTags"] or []
    ]


def _oci(tar: tarfile.TarFile, entry: dict[str, Any]) -> Image:
    annotations = entry.get("annotations", {})
    reference = next((annotations[name] for name in _REFERENCE if name in annotations), "")
    manifest = _member(tar, f"blobs/sha256/{_hexadecimal(entry['digest'])}")
    return Image(reference, _hexadecimal(manifest["config"]["digest"]))


def _member(tar: tarfile.TarFile, name: str) -> Any:
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return json.load(stream)


def _hexadecimal(text: str) -> str:
    found = _DIGEST.search(text)
    if found is None:
        raise ValueError(text)
    return found.group()
