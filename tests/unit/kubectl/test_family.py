"""What is planned is what the operator makes."""

from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, crm
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import HASTECRM
from kubectl_hastecrm.planning.family import DEFAULT_REPOSITORY, family, repository_of

NOT_PLANNED = {"Job", "Secret", "Event", HASTECRM.name, "ControllerRevision"}
"""What comes and goes, holds values, is the data itself, or is the object."""
WITHOUT_SECRETS_OF_OTHERS = {"one line", "monitoring", "a gateway", "a cache without a password"}


BACKUP = {"schedule": "0 2 * * *", "destination": {"volume": {"size": "1Gi"}}}
MADE = {name: EXAMPLES[name] for name in sorted(WITHOUT_SECRETS_OF_OTHERS)} | {"backups": {"backup": BACKUP}}


@pytest.mark.parametrize("spec", MADE.values(), ids=MADE)
async def test_the_family_is_what_a_reconcile_makes(spec: dict[str, Any]):
    world = World()
    await world.apply(**spec)
    await world.settle()

    planned = {(m["kind"], m["metadata"]["name"]) for m in family(crm(**spec), DEFAULT_REPOSITORY)}

    assert planned == {(k, n) for k, _, n in world.cluster.objects if k not in NOT_PLANNED}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_planned(example: str):
    made = family(crm(**EXAMPLES[example]), DEFAULT_REPOSITORY)

    assert len({(m["kind"], m["metadata"]["name"]) for m in made}) == len(made)


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (["registry.example:5000/crm/app:1.0.0"], "registry.example:5000/crm"),
        (["registry.example/postgres:15", "r/app:1.0.0"], "r"),
        (["somewhere/else:1"], DEFAULT_REPOSITORY),
        ([], DEFAULT_REPOSITORY),
    ],
    ids=["with a port", "among others", "an image of its own", "nothing runs"],
)
def test_running_images_tell_where_they_come_from(images: list[str], found: str):
    assert repository_of(images, "1.0.0") == found
