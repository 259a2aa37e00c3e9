"""A file that a generator owns: written by it, or checked to be what it would write."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def deliver(path: str, text: str, arguments: list[str]) -> int:
    """Write `text` to `path` below the repository; with --check only say whether it is there already."""
    return deliver_bytes(path, text.encode(), arguments)


def deliver_bytes(path: str, data: bytes, arguments: list[str]) -> int:
    """As `deliver`, for what is no text."""
    target = ROOT / path
    current = target.read_bytes() if target.exists() else b""
    if current == data:
        return 0
    if "--check" in arguments:
        print(f"{path} is not what its generator writes; run `make generate`", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    print(f"{path}: {len(data) / 1024:.1f} KiB written")
    return 0
