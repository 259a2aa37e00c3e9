"""`version`: of this program, of the operator and of the API server."""

from importlib import metadata

from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.kinds import DEPLOYMENT
from kubectl_hastecrm.output import Format, Output, dump, show
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.layout import pairs

OPERATOR = "app.kubernetes.io/name=hastecrm-operator"
_UNKNOWN = "unknown"


@verb
async def version(session: Session, *, output: Output = Format.TEXT) -> None:
    """Show the versions of this program, of the operator and of the API server."""
    found = await versions(session)
    if output is not Format.TEXT:
        dump(found, output)
    else:
        show(pairs(found.items()))


async def versions(session: Session) -> dict[str, str]:
    """Return the versions; "unknown" for what may not be seen."""
    return {
        "client": metadata.version("hastecrm"),
        "operator": await _operator(session),
        "apiServer": await session.client.version(),
    }


async def _operator(session: Session) -> str:
    try:
        found = await session.client.list_all(DEPLOYMENT, "", OPERATOR)
    except APIError:
        return f"{_UNKNOWN} (Deployments of other namespaces may not be listed)"
    images = [c["image"] for d in found for c in d["spec"]["template"]["spec"]["containers"]]
    return ", ".join(images) or f"{_UNKNOWN} (no Deployment has the label {OPERATOR})"
