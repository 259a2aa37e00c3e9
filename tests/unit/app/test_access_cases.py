"""The access matrix leaves nothing out, and the page about access says what the policy says."""

import re
from pathlib import Path

from tests.integration.access.cases import REST

from hastecrm.core.identity import Role
from hastecrm.core.policy import GRANTS, Resource, Right, Verb, allows
from hastecrm.main.contract import OPERATIONS
from hastecrm.main.duplicates import COMPARED
from hastecrm.main.kinds import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "access.md"
VERBS = {
    "GET": {Verb.READ},
    "POST": {Verb.CREATE},
    "PATCH": {Verb.UPDATE},
    "PUT": {Verb.UPDATE},
    "DELETE": {Verb.DELETE},
}
# Addresses whose method does not say what is done, and what that is.
OTHERWISE = {
    "leaveWorkspace": Right(Resource.WORKSPACE, Verb.READ),  # every member may
    "eraseContact": Right(Resource.PRIVACY, Verb.DELETE),
    "checkErased": Right(Resource.PRIVACY, Verb.READ),
    "moveDeal": Right(Resource.DEAL, Verb.UPDATE),
    "removeDealContact": Right(Resource.DEAL, Verb.UPDATE),
    "restorePipeline": Right(Resource.PIPELINE, Verb.UPDATE),
    "sendImportFile": Right(Resource.IMPORT, Verb.UPDATE),
    "startImport": Right(Resource.IMPORT, Verb.UPDATE),
    "cancelImport": Right(Resource.IMPORT, Verb.UPDATE),
    "pingWebhook": Right(Resource.WEBHOOK, Verb.UPDATE),
    "redeliverFailed": Right(Resource.WEBHOOK, Verb.UPDATE),
    "redeliverWebhookDelivery": Right(Resource.WEBHOOK, Verb.UPDATE),
    "rollWebhookSecret": Right(Resource.WEBHOOK, Verb.UPDATE),
    "sendInvitationAgain": Right(Resource.INVITATION, Verb.UPDATE),
    **{f"merge{kind.types_name}": Right(kind.resource, Verb.DELETE) for kind in COMPARED},
    **{f"undo{kind.type_name}Merge": Right(kind.resource, Verb.DELETE) for kind in COMPARED},
    **{f"change{kind.types_name}": Right(kind.resource, Verb.UPDATE) for kind in KINDS},
    **{f"delete{kind.types_name}": Right(kind.resource, Verb.DELETE) for kind in KINDS},
    # Who may delete may bring back.
    **{f"restore{kind.type_name}": Right(kind.resource, Verb.DELETE) for kind in KINDS if kind.trashed},
}


def test_every_operation_that_needs_a_right_has_a_case_in_the_access_matrix() -> None:
    guarded = {operation.name for operation in OPERATIONS if isinstance(operation.access, Right)}

    assert guarded - set(REST) == set(), "add a case to tests/integration/access/cases.py"
    assert set(REST) <= {operation.name for operation in OPERATIONS}


def test_the_right_of_an_operation_fits_its_method() -> None:
    for operation in OPERATIONS:
        if operation.name in OTHERWISE:
            assert operation.access == OTHERWISE[operation.name]
        elif isinstance(operation.access, Right):
            assert operation.access.verb in VERBS[operation.method], operation.name


def test_no_role_may_more_than_the_one_above_it() -> None:
    for lower, higher in (("viewer", "member"), ("member", "admin"), ("admin", "owner")):
        for resource, verbs in GRANTS[Role(lower)].items():
            assert all(allows(Role(higher), Right(resource, verb)) for verb in verbs)


def test_the_page_about_access_shows_the_policy() -> None:
    rows = re.findall(r"^\| (\w+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    table = {name: cells for name, *cells in rows if name in set(Resource)}

    assert set(table) == set(Resource)
    for name, cells in table.items():
        for role, cell in zip(Role, cells, strict=True):
            shown = set() if cell == "none" else set(Verb) if cell == "all" else set(cell.split(", "))
            assert shown == GRANTS[role].get(Resource(name), set()), (name, role)
