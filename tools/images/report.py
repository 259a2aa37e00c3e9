"""The table at the end: how large each image is, and how much of that is ours."""

from .build import BASE_LABEL
from .engine import Engine
from .targets import Target

# Goals in megabytes, from the project's requirements.
_GOALS = {"app": 150, "operator": 120}


def table(engine: Engine, targets: list[Target]) -> str:
    """Return one line per image: size, the base's part, our layers, and whether a goal is met."""
    rows = [("image", "size", "base", "added", "goal")]
    rows += [_row(engine, target) for target in targets]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, 5))]) for row in rows
    ]
    bases = sorted({base for target in targets if (base := _base(engine, target))})
    return "\n".join([*lines, *(f"base: {base}" for base in bases)])


def _base(engine: Engine, target: Target) -> str | None:
    image = engine.image(target.reference)
    return image.labels.get(BASE_LABEL) if image else None


def _row(engine: Engine, target: Target) -> tuple[str, str, str, str, str]:
    image = engine.image(target.reference)
    if image is None:
        return target.reference, "not built", "", "", ""
    base = engine.image(image.labels.get(BASE_LABEL, ""))
    goal = _GOALS.get(target.name)
    verdict = "" if goal is None else f"<= {goal} MB: {'met' if image.size <= goal * 1e6 else 'MISSED'}"
    if base is None:
        return target.reference, _megabytes(image.size), "?", "?", verdict
    return target.reference, _megabytes(image.size), _megabytes(base.size), _megabytes(image.size - base.size), verdict


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
