"""Keeps the figures of each part, and writes the page and the picture from them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.service.program import ROOT
from bench.service.results import Part

from .curve import curve
from .page import page
from .point import Point

STORED = Path(__file__).resolve().parent / "figures.json"
PAGE = ROOT / "docs" / "reference" / "figures-operator.md"
PICTURE = ROOT / "docs" / "images" / "operator-scaling.svg"


@dataclass
class Figures:
    """Everything that was measured: points of the curve by their n, and parts by their name."""

    points: dict[int, Point] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)


def load() -> Figures:
    """Return what was measured before."""
    if not STORED.exists():
        return Figures()
    stored = json.loads(STORED.read_text())
    points = {int(n): Point(**point) for n, point in stored["points"].items()}
    return Figures(points, {name: Part.of(part) for name, part in stored["parts"].items()})


def save(figures: Figures, order: Iterable[str]) -> None:
    """Store the figures, and write page and picture."""
    points = dict(sorted(figures.points.items()))
    parts = {name: figures.parts[name] for name in order if name in figures.parts}
    content = {
        "points": {n: asdict(point) for n, point in points.items()},
        "parts": {name: part.as_json() for name, part in parts.items()},
    }
    STORED.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(points, parts))
    if len(points) > 1:
        PICTURE.write_text(curve(list(points.values())))


def pages(figures: Figures) -> Mapping[Path, str]:
    """Return what the generated files should hold."""
    points = dict(sorted(figures.points.items()))
    return {PAGE: page(points, figures.parts), PICTURE: curve(list(points.values()))}
