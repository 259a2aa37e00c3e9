"""The command line: build, sizes, export."""

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import host
from .base_images import choose
from .build import build, is_current, plan
from .engine import Engine, find_engine
from .errors import ImagesError
from .export import export
from .progress import Progress
from .report import table
from .targets import REPOSITORY, TARGETS, project_version, targets

ROOT = Path(__file__).resolve().parents[2]

_EXAMPLES = """\
examples:
  python3 tools/images build                      all images, from whichever base can be had
  python3 tools/images build app --base local     one image, on a base bootstrapped from Debian packages
  python3 tools/images build --repository registry.example.com/crm --version 1.2.0
  python3 tools/images sizes
  python3 tools/images export build/images        one archive per image, for a cluster without a registry

PIP_INDEX_URL names another package index; SSL_CERT_FILE or PIP_CERT a CA bundle that builds shall trust.
"""


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code; an error a person can act on becomes one line."""
    options = _parser().parse_args(arguments)
    progress = Progress()
    try:
        _run(options, progress)
    except ImagesError as exc:
        print(f"images: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="images",
        description="Build the project's container images with Docker or Podman, with or without a registry.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    built = commands.add_parser("build", help="build what changed, then print the sizes")
    built.add_argument(
        "--base", choices=("auto", "registry", "local"), default="auto", help="where bases come from"
    )
    shown = commands.add_parser("sizes", help="print the sizes of what is built")
    exported = commands.add_parser("export", help="write one archive per image into a directory")
    exported.add_argument("directory", type=Path, metavar="DIR")
    for command in (built, shown, exported):
        _add_shared(command)
    return parser


def _add_shared(command: argparse.ArgumentParser) -> None:
    command.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (all)")
    command.add_argument("--engine", choices=("auto", "docker", "podman"), default="auto")
    command.add_argument("--version", help="version of app and operator (pyproject.toml's)")
    command.add_argument("--repository", default=REPOSITORY, help="what image names start with (%(default)s)")
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _EXAMPLES


def _run(options: argparse.Namespace, progress: Progress) -> None:
    unknown = sorted(set(options.targets) - set(TARGETS))
    if unknown:
        raise ImagesError(f"no image is called {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    wanted = targets(options.targets, options.version or project_version(ROOT), options.repository)
    engine = _engine(options.engine, progress)
    if options.command == "export":
        export(engine, wanted, options.directory, progress)
        return
    if options.command == "build":
        cache = _cache()
        with _alone(cache, progress):
            bases = choose(options.base, engine, cache, progress)
            for target in wanted:
                planned = plan(ROOT, target, bases)
                if is_current(engine, planned):
                    progress.say(f"{target.name}: up to date")
                else:
                    build(ROOT, engine, planned, cache, progress)
    print(table(engine, wanted))


def _engine(wanted: str, progress: Progress) -> Engine:
    engine = find_engine(wanted)
    if engine is None and wanted != "docker" and shutil.which("podman") is None:
        host.install(host.PODMAN, "builds the images", progress)
        engine = find_engine("podman")
    if engine is None:
        name = "podman" if wanted == "auto" else wanted
        raise ImagesError(f"{name} does not work here: `{name} info` must succeed; is its daemon running?")
    return engine


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(home) / "hastecrm" / "images"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextmanager
def _alone(cache: Path, progress: Progress) -> Iterator[None]:
    """Let one build at a time work: two would race for tags and for the base."""
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another build is running; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
