"""Keeps the figures of each part, and writes the page from them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.service.program import ROOT
from bench.service.results import Part

from .page import page

STORED = Path(__file__).resolve().parent / "figures.json"
PAGE = ROOT / "docs" / "reference" / "figures-data.md"


def load() -> dict[str, Part]:
    """Return what was measured before."""
    if not STORED.exists():
        return {}
    return {name: Part.of(part) for name, part in json.loads(STORED.read_text()).items()}


def save(parts: Mapping[str, Part], order: Iterable[str]) -> None:
    """Store the figures, and write the page."""
    ordered = {name: parts[name] for name in order if name in parts}
    content = {name: part.as_json() for name, part in ordered.items()}
    STORED.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(ordered))
