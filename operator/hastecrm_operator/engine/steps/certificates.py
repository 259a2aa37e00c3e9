"""The certificate of the managed stores: made once, replaced long before it ends."""

import base64
from datetime import datetime

from hastecrm_operator.api import names
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.facts import SecretContent
from hastecrm_operator.engine.kinds import SECRET
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.ownership import desired_hash
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.certificates import FILES, server_names, tls_secret, tls_secret_name


async def apply_certificates(scope: Scope) -> None:
    """Make sure that the managed stores have a certificate that lasts."""
    servers = server_names(scope.crm)
    if not servers:
        return
    record = scope.child(SECRET, names.STORES_TLS)
    if record and (record.deleting or _is_good(scope, record.owned)):
        scope.keep(record)
        return
    made = await scope.issue(await _existing(scope), servers, scope.now)
    files = {name: base64.b64encode(content).decode() for name, content in made.files.items()}
    await scope.ensure(tls_secret(scope.crm, text(made.renew_after), files))


def _is_good(scope: Scope, owned: str) -> bool:
    known = scope.facts(SECRET, names.STORES_TLS, SecretContent)
    if known is None or not known.renew_after:
        return False
    untouched = owned == desired_hash(tls_secret(scope.crm, known.renew_after, dict.fromkeys(FILES, "")))
    return untouched and scope.now < datetime.fromisoformat(known.renew_after)


async def _existing(scope: Scope) -> dict[str, bytes]:
    try:
        live = await scope.reader.get(SECRET, scope.key.namespace, tls_secret_name(scope.crm))
    except NotFoundError:
        return {}
    return {key: base64.b64decode(value) for key, value in (live.get("data") or {}).items()}
