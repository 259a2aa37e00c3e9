"""Draws the figures over the number of objects as SVG, in the style of the other pictures. No I/O here."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .point import Point

_WIDTH, _HEIGHT = 1000, 400
_TOP, _BOTTOM, _TALL = 104, 328, 224  # of the drawing area
_PANEL, _GAP, _LEFT = 260, 60, 70


@dataclass(frozen=True)
class _Line:
    name: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class _Panel:
    title: str
    unit: str
    lines: Sequence[_Line]
    goal: float | None = None


def curve(points: Sequence[Point]) -> str:
    """Return the picture: rate, time and memory over the number of objects."""
    body = [line for index, panel in enumerate(_panels(points)) for line in _drawn(panel, points, index)]
    return "\n".join([_head(points), *body, "</svg>", ""])


def _panels(points: Sequence[Point]) -> list[_Panel]:
    return [
        _Panel(
            "Children made",
            "each second",
            [
                _Line("bare client", "other", [p.ceiling for p in points]),
                _Line("operator", "ours", [p.rate for p in points]),
            ],
        ),
        _Panel(
            "CPU time for each object",
            "ms until all children exist",
            [
                _Line("API server", "other", [1000 * p.apiserver_cpu / p.n for p in points]),
                _Line("operator", "ours", [1000 * p.operator_cpu / p.n for p in points]),
            ],
        ),
        _Panel(
            "Memory of the operator",
            "MiB resident",
            [
                _Line("highest", "other", [p.peak for p in points]),
                _Line("at rest", "ours", [p.settled for p in points]),
            ],
            goal=120,
        ),
    ]


def _drawn(panel: _Panel, points: Sequence[Point], index: int) -> Iterator[str]:
    left = _LEFT + index * (_PANEL + _GAP)
    top = _ceiling(max([panel.goal or 0, *(v for line in panel.lines for v in line.values)]))
    xs = _places(left, len(points))
    yield f'  <text class="head" x="{left}" y="48">{panel.title}</text>'
    yield f'  <text class="text" x="{left}" y="70">{panel.unit}</text>'
    yield from _grid(left, top)
    for x, point in zip(xs, points, strict=True):
        yield f'  <text class="text mid" x="{x:.0f}" y="{_BOTTOM + 22}">{point.n:,}</text>'
    yield f'  <text class="text mid" x="{left + _PANEL / 2:.0f}" y="{_BOTTOM + 44}">objects</text>'
    if panel.goal:
        y = _y(panel.goal, top)
        yield f'  <path class="goal" d="M{left} {y:.1f}H{left + _PANEL}"/>'
        yield f'  <text class="text" x="{left + 4}" y="{y - 6:.1f}">goal at 1,000</text>'
    yield from _lines(panel, xs, top)


def _lines(panel: _Panel, xs: Sequence[float], top: float) -> Iterator[str]:
    ends = [_y(line.values[-1], top) for line in panel.lines]
    upper = ends.index(min(ends))
    for number, line in enumerate(panel.lines):
        places = [(x, _y(value, top)) for x, value in zip(xs, line.values, strict=True)]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'  <polyline class="{line.style}" points="{joined}"/>'
        yield from (
            f'  <circle class="dot {line.style}-dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places
        )
        x, y = places[-1]
        beside = y - 10 if number == upper else y + 20
        label = f"{line.name} {_number(line.values[-1])}"
        yield f'  <text class="{line.style}-text end" x="{x + 6:.1f}" y="{beside:.1f}">{label}</text>'


def _grid(left: float, top: float) -> Iterator[str]:
    for step in range(5):
        y, value = _BOTTOM - step * _TALL / 4, top * step / 4
        yield f'  <path class="grid" d="M{left} {y:.1f}H{left + _PANEL}"/>'
        yield f'  <text class="text end" x="{left - 8}" y="{y + 4:.1f}">{_number(value)}</text>'


def _places(left: float, count: int) -> list[float]:
    inset = 18
    return [left + inset + i * (_PANEL - 2 * inset) / max(1, count - 1) for i in range(count)]


def _y(value: float, top: float) -> float:
    return _BOTTOM - value / top * _TALL


def _ceiling(value: float) -> float:
    """Return a round number at or above a value, with a fifth of room."""
    value *= 1.15
    scale: float = 10 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if step * scale >= value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _head(points: Sequence[Point]) -> str:
    last = points[-1]
    desc = (
        f"At {last.n:,} objects the operator makes {last.rate:.0f} children each second where a bare "
        f"client makes {last.ceiling:.0f}; it takes {last.operator_cpu:.1f} CPU seconds beside "
        f"{last.apiserver_cpu:.1f} of the API server, and {last.settled:.0f} MiB of memory at rest."
    )
    return _HEAD.format(width=_WIDTH, height=_HEIGHT, inner=_WIDTH - 1, tall=_HEIGHT - 1, desc=desc)


_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="title desc" \
font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, \
'DejaVu Sans', sans-serif">
  <!-- Generated by `make bench-operator`. Do not edit. -->
  <title id="title">The operator over the number of objects</title>
  <desc id="desc">{desc}</desc>
  <style>
    .page {{ fill: #ffffff; stroke: #d8dee9; }}
    .head {{ fill: #1b1f2a; font-size: 17px; font-weight: 700; }}
    .text {{ fill: #5b6474; font-size: 13px; }}
    .grid {{ stroke: #d8dee9; }} .goal {{ stroke: #d0902f; stroke-width: 1.5; stroke-dasharray: 6 4; }}
    .ours {{ stroke: #4f46e5; stroke-width: 2; fill: none; }} .ours-dot {{ fill: #4f46e5; }}
    .other {{ stroke: #0f766e; stroke-width: 2; fill: none; }} .other-dot {{ fill: #0f766e; }}
    .ours-text {{ fill: #4338ca; font-size: 13px; font-weight: 600; }}
    .other-text {{ fill: #0f766e; font-size: 13px; font-weight: 600; }}
    .mid {{ text-anchor: middle; }} .end {{ text-anchor: end; }}
    @media (prefers-color-scheme: dark) {{
      .page {{ fill: #10131b; stroke: #2a3040; }}
      .head {{ fill: #e8ebf3; }} .text {{ fill: #a0a9bb; }}
      .grid {{ stroke: #2a3040; }} .goal {{ stroke: #d9a24a; }}
      .ours {{ stroke: #8b8cf8; }} .ours-dot {{ fill: #8b8cf8; }} .ours-text {{ fill: #a5a6fb; }}
      .other {{ stroke: #4fd1b5; }} .other-dot {{ fill: #4fd1b5; }} .other-text {{ fill: #5eead4; }}
    }}
  </style>
  <rect class="page" x="0.5" y="0.5" width="{inner}" height="{tall}" rx="16"/>"""
