"""Identities, generated Secrets, configuration."""

from hastecrm_operator.api.conditions import READY
from hastecrm_operator.engine.generated import keep_secret
from hastecrm_operator.engine.references import check_secrets
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.secrets import secret_templates
from hastecrm_operator.resources.service_accounts import service_accounts


async def apply_foundation(scope: Scope) -> None:
    """Make identities, generated Secrets and the configuration; find what it names."""
    await scope.ensure(*service_accounts(scope.crm))
    for template in secret_templates(scope.crm):
        await keep_secret(scope, template)
    await scope.ensure(config_map(scope.crm))
    # Before anything is made of them, so that every hash of the configuration holds all of them.
    await check_secrets(scope, READY)
