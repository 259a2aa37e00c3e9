"""What can be said about the images without building them: the Dockerfile, its scripts, the build tool."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from tools.images import base_images, dockerfile, export, inputs
from tools.images.targets import TARGETS, project_version, targets

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SCRIPTS = sorted(
    path
    for path in (ROOT / "images").rglob("*")
    if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh\n")
)
SMALL = """\
ARG BASE=debian
FROM ${BASE} AS system
RUN one
FROM system AS tools
COPY a/tool /build/
FROM system AS other
COPY b c /x/
FROM scratch AS wanted
COPY --from=tools /build /build
COPY --chmod=0755 d/file e /y/
"""


def final_stage(target: str) -> str:
    """The target's own stage and those it starts from, oldest last."""
    every = dockerfile.stages(DOCKERFILE)
    text = every[target]
    while (parent := text.splitlines()[0].split()[1] if text else "") in every:
        text = every[parent] + text
    return text


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_an_ordinary_user_and_tells_its_health(target):
    text = final_stage(target)

    assert text.rfind("\nUSER 10001:10001\n") > text.rfind("\nRUN ")
    assert "\nHEALTHCHECK " in text
    assert "\nSTOPSIGNAL " in text
    assert re.search(r'\nENTRYPOINT \["\S+"\]\n', text)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "label", ["title", "description", "source", "licenses", "version", "revision", "created"]
)
def test_an_image_says_what_it_is(target, label):
    assert f"org.opencontainers.image.{label}=" in dockerfile.stages(DOCKERFILE)[target]


@pytest.mark.parametrize(
    ("target", "other"), [("app", "operator/hastecrm_operator"), ("operator", "app/hastecrm")]
)
def test_an_image_of_one_program_never_sees_the_other(target, other):
    assert other not in dockerfile.copied_paths(dockerfile.pruned(DOCKERFILE, target))


def test_every_base_is_a_build_argument():
    stages = dockerfile.stages(DOCKERFILE)
    parents = {body.splitlines()[0].split()[1] for body in stages.values()}

    assert parents - set(stages) == {"${BASE_DEBIAN}", "${BASE_PYTHON}", "scratch"}
    assert dockerfile.base_arguments(DOCKERFILE) == set(base_images.REGISTRY)


def test_the_tool_and_the_dockerfile_name_the_same_registry_bases():
    for argument, reference in base_images.REGISTRY.items():
        assert f"ARG {argument}={reference}\n" in dockerfile.preamble(DOCKERFILE)


def test_the_build_context_holds_what_is_copied_and_nothing_else():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = dockerfile.copied_paths(DOCKERFILE)

    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    assert all((ROOT / path).exists() for path in copied)
    assert all(any(path == top or path.startswith(f"{top}/") for top in allowed) for path in copied)
    assert all(any(path == top or path.startswith(f"{top}/") for path in copied) for top in allowed)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_executable_and_correct_shell(script):
    checker = ["shellcheck"] if shutil.which("shellcheck") else ["sh", "-n"]
    done = subprocess.run([*checker, script], capture_output=True, text=True, check=False)

    assert os.access(script, os.X_OK)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_target_needs_only_the_stages_that_it_reaches():
    text = dockerfile.pruned(SMALL, "wanted")

    assert list(dockerfile.stages(text)) == ["system", "tools", "wanted"]
    assert text.startswith("ARG BASE=debian\n")
    assert dockerfile.copied_paths(text) == ["a/tool", "d/file", "e"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/tool", "d/file", "e/one.py", "e/sub/two.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def hash_of(tree: Path, **arguments: str) -> str:
    return inputs.input_hash(tree, dockerfile.pruned(SMALL, "wanted"), arguments)


def test_unchanged_inputs_are_recognized(tree):
    before = hash_of(tree, BASE="debian")
    (tree / "e/__pycache__").mkdir()
    (tree / "e/__pycache__/one.pyc").write_bytes(b"bytecode")
    (tree / "b").write_text("belongs to another image")

    assert hash_of(tree, BASE="debian") == before


@pytest.mark.parametrize("change", ["content", "new file", "lost file", "mode", "argument"])
def test_a_changed_input_is_noticed(tree, change):
    before = hash_of(tree, BASE="debian")
    match change:
        case "content":
            (tree / "e/sub/two.py").write_text("other")
        case "new file":
            (tree / "e/three.py").write_text("")
        case "lost file":
            (tree / "e/one.py").unlink()
        case "mode":
            (tree / "a/tool").chmod(0o755)

    assert hash_of(tree, BASE="other" if change == "argument" else "debian") != before


def test_images_are_named_after_the_project_except_those_of_upstream_servers():
    names = [target.reference for target in targets([], "1.2.3", "registry.example.com/crm")]

    assert names == [
        "registry.example.com/crm/redis:7-2",
        "registry.example.com/crm/postgres:15-2",
        "registry.example.com/crm/operator:1.2.3",
        "registry.example.com/crm/app:1.2.3",
    ]
    assert project_version(ROOT) in (ROOT / "pyproject.toml").read_text()


def test_a_bootstrapped_base_lasts_a_month():
    assert base_images.local_reference(date(2026, 1, 1)) == base_images.local_reference(date(2026, 1, 31))
    assert base_images.local_reference(date(2026, 1, 31)) != base_images.local_reference(date(2026, 2, 1))


@pytest.mark.parametrize("content", [None, b"", b"not a tar archive"], ids=["missing", "empty", "garbage"])
def test_an_unreadable_archive_counts_as_none(tmp_path, content):
    archive = tmp_path / "app.tar"
    if content is not None:
        archive.write_bytes(content)

    assert export.archived_id(archive) is None


def run_tool(*arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(ROOT / "tools" / "images"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PATH": path, "HOME": "/nonexistent"}
    )


def test_the_tool_shows_how_it_is_used_without_an_engine():
    done = run_tool("--help", path="/nonexistent")

    assert done.returncode == 0
    assert "python3 tools/images build app --base local" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["build", "ap"], "images: no image is called ap; there are redis, postgres, operator, app\n"),
        (
            ["sizes", "--engine", "docker"],
            "images: docker does not work here: `docker info` must succeed; is its daemon running?\n",
        ),
        (
            ["sizes", "--engine", "podman"],
            "images: podman is missing (builds the images): install it, or use Docker with a registry\n",
        ),
    ],
    ids=["unknown image", "no docker", "no podman and no apt"],
)
def test_what_cannot_work_is_one_line_and_exit_code_1(arguments, line):
    done = run_tool(*arguments, path="/nonexistent")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
