"""The images of this checkout, built if need be, and containers of them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.images.box import PASSWORD, ROOT, Box, write_password
from tools.images.engine import Engine, find_engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """A working engine whose store holds the images of this checkout."""
    subprocess.run([sys.executable, ROOT / "tools" / "images", "build"], check=True)
    found = find_engine("auto")
    assert found is not None
    return found


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Callable[[str], Box]]:
    boxes: list[Box] = []

    def make(image: str) -> Box:
        secret = tmp_path / f"secret-{len(boxes)}"
        secret.mkdir(mode=0o755)
        boxes.append(Box(engine, image, secret))
        write_password(boxes[-1], PASSWORD)
        return boxes[-1]

    # The engine maps the directory into a container of another user.
    tmp_path.chmod(0o755)
    yield make
    for made in boxes:
        made.remove()
