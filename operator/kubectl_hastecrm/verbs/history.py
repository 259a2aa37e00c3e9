"""`history`: the revisions that are recorded."""

from datetime import UTC, datetime

from hastecrm_operator.api.names import INSTANCE
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.kinds import CONTROLLER_REVISION
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Format, Output, dump, show, tidy
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.history import history as table
from kubectl_hastecrm.views.history import newest_first


@verb
async def history(session: Session, name: Name = None, *, output: Output = Format.TEXT) -> None:
    """Show the recorded revisions: what `rollback` can go back to, and which releases were rejected."""
    body = await session.crm(name)
    records = await revisions(session, body)
    if output is not Format.TEXT:
        dump({"items": [tidy(record) for record in newest_first(records)]}, output)
    elif records or (body.get("status", {}).get("release") or {}).get("rejected"):
        show(table(body, records, datetime.now(UTC)))
    else:
        show(f"no release of {body['metadata']['name']} is recorded yet")


async def revisions(session: Session, body: JSON) -> list[JSON]:
    """Return the records of an object's releases."""
    meta = body["metadata"]
    found = await session.client.list_all(
        CONTROLLER_REVISION, meta["namespace"], f"{INSTANCE}={meta['name']}"
    )
    # StatefulSets record their own pods' templates with the same labels.
    owned = (r for r in found if _owner(r) == "HasteCRM")
    return list(owned)


def _owner(record: JSON) -> str:
    return next((owner["kind"] for owner in record["metadata"].get("ownerReferences", ())), "")
