"""The managed PostgreSQL on real pods: tuned, and reached through TLS that its clients verify."""

import time

from tests.e2e.conftest import Installation

SETTINGS = "SELECT name, setting FROM pg_settings WHERE name IN ('ssl', 'data_checksums', 'shared_buffers')"
CONNECTIONS = (
    "SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
    "WHERE application_name LIKE 'hastecrm%' GROUP BY ssl"
)


def ask(crm: Installation, sql: str) -> dict[str, str]:
    """Return the two columns of a query that the superuser makes inside the pod."""
    psql = ("psql", "-X", "-A", "-t", "-h", "/tmp", "-U", "postgres", "-d", "hastecrm", "-c", sql)  # noqa: S108
    rows = crm.kubectl("exec", f"{crm.name}-postgres-0", "-c", "postgres", "--", *psql).splitlines()
    return dict(row.split("|") for row in rows)


def test_the_server_is_tuned_for_its_memory_and_checks_its_pages(crm: Installation):
    settings = ask(crm, SETTINGS)

    # A quarter of the default limit of 1Gi, in pages of 8 kB.
    assert settings == {"ssl": "on", "data_checksums": "on", "shared_buffers": str(256 * 1024 // 8)}


def test_every_connection_of_the_application_is_encrypted(crm: Installation):
    deadline = time.monotonic() + 30
    while not (connections := ask(crm, CONNECTIONS)):
        assert time.monotonic() < deadline, "nobody is connected"
        time.sleep(0.5)

    assert connections.keys() == {"t"}


def test_the_application_verifies_who_it_talks_to(crm: Installation):
    settings = crm.json("get", "configmap", f"{crm.name}-config")["data"]
    check = ("exec", f"deploy/{crm.name}-worker", "--", "hastecrm", "check-connections", "database")

    assert settings["HASTECRM_DATABASE_SSL_MODE"] == "verify-full"
    assert '"reason":"Connected"' in crm.kubectl(*check)
