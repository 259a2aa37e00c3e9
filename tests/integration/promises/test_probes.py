"""What is promised about probes: they ask nobody, and only PostgreSQL decides about readiness."""

from pathlib import Path

import pytest
from tests.integration.application import CONTACTS, running
from tests.integration.promises.conftest import Counted
from tests.integration.servers import REDIS_PASSWORD, Postgres, free_port


@pytest.mark.parametrize("path", ["/health/live", "/health/startup", "/health/ready", "/health"])
async def test_a_probe_touches_no_database(counted: Counted, path: str) -> None:
    statements = await counted.statements(lambda: counted.api.probe(path))
    asked = await counted.statements(lambda: counted.api.call("GET", CONTACTS))

    assert statements == {}
    assert asked != {}  # what is counted is there


async def test_redis_mail_and_a_provider_that_are_away_never_make_a_pod_unready(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    nobody = str(free_port())
    providers = tmp_path / "providers.json"
    providers.write_text(
        f'[{{"name": "away", "title": "Away", "issuer": "http://127.0.0.1:{nobody}", '
        '"client_id": "hastecrm", "client_secret": "a-secret-of-a-provider-32-characters"}]'
    )
    away = {
        "HASTECRM_REDIS_HOST": "127.0.0.1",
        "HASTECRM_REDIS_PORT": nobody,
        "HASTECRM_REDIS_PASSWORD": REDIS_PASSWORD,
        "HASTECRM_MAIL_HOST": "127.0.0.1",
        "HASTECRM_MAIL_PORT": nobody,
        "HASTECRM_MAIL_FROM": "crm@example.com",
        "HASTECRM_PUBLIC_URL": "http://127.0.0.1:9",
        "HASTECRM_OPENID_FILE": str(providers),
    }
    async with running("api", {**postgres.environment(database), **away}) as api:
        report = await api.probe("/health")
        served = await api.call("GET", CONTACTS)

    assert (report.status, report.json["status"]) == (200, "degraded")
    assert report.json["dependencies"]["redis"]["critical"] is False
    assert served.status == 200
