"""The page about pods says what the sizes really are, and that the smallest fits a laptop."""

from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from tests.factories.crm import crm, manifests

from hastecrm_operator.api.computing import Amounts, Resources
from hastecrm_operator.api.quantities import amount
from hastecrm_operator.api.sizes import Size, application_resources, database_resources

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "pods.md"


def cell(resources: Resources) -> str:
    asked, most = resources.requests or Amounts(), resources.limits or Amounts()
    return f"{asked.cpu}, {asked.memory} → {most.memory}"


@pytest.mark.parametrize("size", get_args(Size))
def test_the_table_holds_every_size(size: Size):
    tiers = [cell(application_resources(size, tier)) for tier in ("api", "web", "worker")]
    [row] = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{size}`")]

    assert row.endswith(f"| {' | '.join([*tiers, cell(database_resources(size))])} |")


def test_a_one_line_object_fits_a_laptop_and_the_page_says_how_much_it_asks_for():
    cpu, memory = Decimal(0), Decimal(0)
    for made in (m for m in manifests(crm()) if m["kind"] in {"Deployment", "StatefulSet"}):
        for container in made["spec"]["template"]["spec"]["containers"]:
            requests = container["resources"]["requests"]
            cpu += made["spec"]["replicas"] * amount(requests["cpu"])
            memory += made["spec"]["replicas"] * amount(requests["memory"])

    assert cpu <= Decimal("0.5")
    assert memory <= 1024**3
    assert f"requests {cpu * 1000:.0f}m CPU and {memory / 1024**2:.0f}Mi in all" in PAGE.read_text()
