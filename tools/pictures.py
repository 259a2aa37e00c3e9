"""Takes the pictures of the documents from the running system.

tools/pictures.py                     the pages and the end of `make up`, into docs/images
tools/pictures.py pages               docs/images/contacts.png and contacts-dark.png
tools/pictures.py terminal            docs/images/make-up.svg, from a new run of tools/quickstart.py up
tools/pictures.py terminal --log FILE the same from the saved output of `make up`

The pages need the cluster of `make up` with `make demo-data` in it, and Debian's chromium.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from quickstart import NODE_PORT, OWNER, QuickstartError, owner_password, tool

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
BROWSER = "/usr/bin/chromium"
WINDOW = {"width": 1280, "height": 800}
COLUMNS = 112
BEGIN = "images are in the cluster"  # the picture shows the end of the output, from this line on
# No sandbox: Chromium refuses to run as root with it, and only our own page is opened.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
THEME = TerminalTheme(
    background=(22, 27, 34),
    foreground=(214, 220, 229),
    normal=[
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)


def pages() -> None:
    """Photograph the list of contacts, in light and dark."""
    require_chromium()
    with browser() as chromium:
        for scheme, name in (("light", "contacts.png"), ("dark", "contacts-dark.png")):
            photograph(chromium, scheme, IMAGES / name)


def photograph(chromium: Browser, scheme: str, target: Path) -> None:
    """Sign in as a person does and keep what the window shows."""
    address = tool("devcluster", "url", str(NODE_PORT), capture=True)
    context = chromium.new_context(
        viewport={"width": WINDOW["width"], "height": WINDOW["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#email", OWNER)
    page.fill("#password", owner_password())
    page.click("main button[type=submit]")
    page.wait_for_url(f"{address}/contacts")
    if not page.locator("tbody tr").count():
        raise QuickstartError("the list of contacts is empty; run `make demo-data` first")
    page.mouse.move(0, 0)
    page.screenshot(path=target)
    context.close()
    written(target)


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield the machine's Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def require_chromium() -> None:
    """Install Debian's Chromium where it lacks and may be; raises QuickstartError otherwise."""
    if Path(BROWSER).exists():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise QuickstartError("the pictures of the pages need Chromium: apt-get install chromium")
    print("• installing chromium", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], check=True)
    command = ["apt-get", "-qq", "-y", "install", "--no-install-recommends", "chromium"]
    subprocess.run(command, check=True, env=environment)


def terminal(log: Path | None) -> None:
    """Draw the end of what `make up` says."""
    output = log.read_text() if log else run_up()
    lines = output[output.rindex(BEGIN) :].rstrip().splitlines()
    start = output[: output.rindex(BEGIN)].rsplit("\n", 1)[-1]
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, highlight=False)
    console.print("[bold green]$[/] make up\n[dim]…[/]")
    for line in [start + lines[0], *lines[1:], ""]:
        console.print(Text.from_ansi(folded(private(line))))
    target = IMAGES / "make-up.svg"
    target.write_text(own_fonts(console.export_svg(title="make up", theme=THEME, unique_id="make-up")))
    written(target)


def run_up() -> str:
    """Return the output of a run of `make up`'s program."""
    command = [sys.executable, str(ROOT / "tools" / "quickstart.py"), "up"]
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE)
    if done.returncode or BEGIN not in done.stdout:
        raise QuickstartError("`make up` did not succeed; its message is above")
    return done.stdout


def private(line: str) -> str:
    """Return a line without this machine's paths and without anything like a token."""
    line = line.replace(str(ROOT), "~/hastecrm").replace(str(Path.home()), "~")
    return re.sub(r"\b[A-Za-z0-9_-]{32,}\b", "…", line)


def folded(line: str) -> str:
    """Return a line that is too long for the picture as several, indented like the text beside it."""
    if len(line) <= COLUMNS:
        return line
    return textwrap.fill(line, COLUMNS, subsequent_indent=" " * 14, break_on_hyphens=False)


def own_fonts(svg: str) -> str:
    """Return the picture without fonts from elsewhere: documents show it where nothing may be fetched."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")


def written(target: Path) -> None:
    """Say what was written and how big it is."""
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1024:.0f} KiB")


def main() -> int:
    """Take the pictures that were asked for; exit 1 with one line when it cannot be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["all", "pages", "terminal"], default="all")
    parser.add_argument("--log", type=Path, help="saved output of `make up` instead of a new run")
    given = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    try:
        if given.what in {"all", "terminal"}:
            terminal(given.log)
        if given.what in {"all", "pages"}:
            pages()
    except QuickstartError as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
