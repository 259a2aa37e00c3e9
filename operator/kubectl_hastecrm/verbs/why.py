"""`why`: the chain of causes."""

from datetime import UTC, datetime

from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Format, Output, dump, show
from kubectl_hastecrm.problems import Exit
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.status import is_ready
from kubectl_hastecrm.views.why import causes, explanation


@verb
async def why(session: Session, name: Name = None, *, output: Output = Format.TEXT) -> int:
    """Say why an object is as it is: what does not run, which pod, the reason, its last words, the fix.

    Also when everything is fine. The first cause is the one to solve.
    """
    body = await session.crm(name)
    if output is not Format.TEXT:
        dump(causes(body), output)
    else:
        show(explanation(body, datetime.now(UTC)))
    return Exit.DONE if is_ready(body) else Exit.NOT_READY
