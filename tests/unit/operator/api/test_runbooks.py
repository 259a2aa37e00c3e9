"""Every reason has its place in a runbook, and whoever is led there finds something."""

import re
import tomllib
from pathlib import Path

import pytest

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api.reasons import SUBJECTS
from hastecrm_operator.api.runbooks import PAGES, has_section, runbook
from kubectl_hastecrm.verbs.registry import COMMANDS

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "docs/runbooks/reasons"
ADDED = {name: tomllib.loads((ROOT / f"tools/runbooks/{name}.toml").read_text()) for name in PAGES}


def test_every_reason_is_on_a_page():
    told = {reason for page in PAGES.values() for reason in page.reasons}

    assert [reason for subject in SUBJECTS for reason in subject if reason not in told] == []


def test_every_condition_has_one_page():
    judged = [condition for page in PAGES.values() for condition in page.conditions]

    assert sorted(judged) == sorted(types.TYPES)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_tells_of_a_word_twice(name: str):
    words = [str(reason) for reason in PAGES[name].reasons]

    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", PAGES)
def test_every_section_says_what_to_look_at_what_to_do_and_when_it_ends(name: str):
    _, *sections = (FOLDER / f"{name}.md").read_text().split("\n## ")
    told = [section for section in sections if not section.startswith("What needs nobody")]

    assert len(told) == sum(map(has_section, PAGES[name].reasons))
    for section in told:
        assert "**Check:**\n```bash\n" in section, section
        assert "\n**Fix:** " in section
        assert "\n**It ends:** " in section


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str):
    text = (FOLDER / f"{name}.md").read_text()

    for path, anchor in re.findall(r"\]\(([^)#]+)#?([^)]*)\)", text):
        target = (FOLDER / path).resolve()
        assert target.is_file(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Return what can be linked to, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_commands_of_the_plugin_exist(name: str):
    named = re.findall(r"kubectl hastecrm ([a-z-]+)", (FOLDER / f"{name}.md").read_text())

    assert set(named) <= {verb.name for verb in COMMANDS}


@pytest.mark.parametrize(
    ("condition", "reason", "page"),
    [
        (types.DATABASE_READY, "AuthenticationFailed", "DatabaseReady.md#authenticationfailed"),
        (types.DEGRADED, "OOMKilled", "Degraded.md#oomkilled"),
        (types.BACKUP_VERIFIED, "TooOld", "BackupVerified.md#tooold"),
        (types.BACKUP_HEALTHY, "SecretNotFound", "Ready.md#secretnotfound"),
        (types.RELEASE_ACCEPTED, "LockTimeout", "Migrated.md#locktimeout"),
        (types.READY, "RollingOut", None),
        (types.ACCESS_READY, "NotAllowedByListeners", None),
    ],
)
def test_a_reason_leads_to_its_section(condition: str, reason: str, page: str | None):
    assert runbook(condition, reason) == page


def test_every_link_that_is_shown_leads_to_a_heading():
    for condition in types.TYPES:
        for subject in SUBJECTS:
            for reason in subject:
                if led := runbook(condition, reason):
                    path, anchor = led.split("#")
                    assert anchor in anchors(FOLDER / path), led
