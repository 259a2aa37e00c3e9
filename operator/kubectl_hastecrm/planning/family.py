"""Everything lasting that the operator makes for one HasteCRM, from the object alone. Pure.

Jobs come and go and values of Secrets are nobody's to plan; what the operator reads of the cluster (hashes of
Secrets) is left out, so that two renderings differ only where the objects do.
"""

from typing import Final

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.backup_destination import backup_claim
from hastecrm_operator.resources.backup_jobs import backup_cron_job, drill_cron_job
from hastecrm_operator.resources.cloud_native_pg import cluster
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.dashboard import dashboard
from hastecrm_operator.resources.http_route import http_route
from hastecrm_operator.resources.ingress import ingress
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.network_policies import network_policies
from hastecrm_operator.resources.pod_monitor import pod_monitor
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.prometheus_rule import prometheus_rule
from hastecrm_operator.resources.redis import redis
from hastecrm_operator.resources.rendering import Rendering, images_for
from hastecrm_operator.resources.revision import fingerprint
from hastecrm_operator.resources.service_accounts import service_accounts

DEFAULT_REPOSITORY: Final = "ghcr.io/hastecrm"


def family(crm: HasteCRM, repository: str) -> list[Manifest]:
    """Return the manifests of all lasting children."""
    configuration = config_map(crm)
    config_hash = fingerprint(configuration["data"])
    images, asleep = images_for(crm, repository), crm.spec.hibernated
    of_stores = Rendering(images, asleep=asleep)  # They follow their Secrets without a restart.
    cnpg = crm.spec.database.cloud_native_pg
    return [
        *service_accounts(crm),
        configuration,
        *network_policies(crm),
        *postgres(crm, of_stores),
        *([cluster(crm, cnpg, of_stores)] if cnpg else []),
        *redis(crm, of_stores),
        *application(crm, Rendering(images, config_hash, asleep=asleep)),
        *_backups(crm, of_stores),
        *ingress(crm),
        *http_route(crm),
        *dashboard(crm),
        *pod_monitor(crm),
        *prometheus_rule(crm),
    ]


def _backups(crm: HasteCRM, rendering: Rendering) -> list[Manifest]:
    backup = crm.spec.backup
    volume = backup.destination.volume if backup else None
    return [
        *([backup_claim(crm, volume)] if volume else []),
        *backup_cron_job(crm, rendering),
        *drill_cron_job(crm, rendering, has_dumps=True),  # Whether there are any is no part of the spec.
    ]


def repository_of(images: list[str], version: str) -> str:
    """Return where the operator takes images from, as the running ones tell; else the default."""
    ending = f"/app:{version}"
    return next(
        (image.removesuffix(ending) for image in images if image.endswith(ending)), DEFAULT_REPOSITORY
    )
