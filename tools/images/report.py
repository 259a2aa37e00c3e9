"""The table at the end: how large each image is, and what of that is system and what is ours."""

from .build import BASE_LABEL
from .engine import Engine, Image
from .targets import Target

# Goals in megabytes, from the project's requirements.
_GOALS = {"app": 160, "operator": 120}


def table(engine: Engine, targets: list[Target]) -> str:
    """Return one line per image (size, the system's part, our part, the goal), then one per base."""
    images = {target: engine.image(target.reference) for target in targets}
    rows: list[tuple[str, ...]] = [("image", "size", "system", "own", "goal")]
    rows += [_row(engine, target, image) for target, image in images.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    bases = sorted({image.labels.get(BASE_LABEL, "unknown") for image in images.values() if image})
    return "\n".join([*(line.rstrip() for line in lines), *(_base_line(engine, base) for base in bases)])


def _row(engine: Engine, target: Target, image: Image | None) -> tuple[str, ...]:
    if image is None:
        return target.reference, "not built", "", "", ""
    # The lowest layer with content is the system: what is left of the base and of the packages put on it.
    system = next((size for size in engine.layers(target.reference) if size), 0)
    goal = _GOALS.get(target.name)
    verdict = "" if goal is None else f"<= {goal} MB: {'met' if image.size <= goal * 1e6 else 'MISSED'}"
    sizes = (_megabytes(size) for size in (image.size, system, image.size - system))
    return (target.reference, *sizes, verdict)


def _base_line(engine: Engine, reference: str) -> str:
    image = engine.image(reference)
    size = f" ({_megabytes(image.size)}; most of it is left behind)" if image else ""
    return f"base: {reference}{size}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB".rjust(6)
