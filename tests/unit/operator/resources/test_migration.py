from tests.factories.crm import EXTERNAL_DATABASE, crm, rendering

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.migration import migration_job


def job(of: HasteCRM) -> Manifest:
    return migration_job(of, rendering(of))


def test_each_image_has_a_job_of_its_own():
    names = [job(crm(version=v))["metadata"]["name"] for v in ("0.1.0", "0.2.0", "0.1.0")]

    assert names[0] == names[2] != names[1]
    assert names[0].startswith("acme-migrate-")


def test_it_tries_again_and_then_says_why_it_failed():
    spec = job(crm())["spec"]

    assert 1 <= spec["backoffLimit"] <= 3
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # So that failed pods stay to be read.
    assert spec["template"]["spec"]["containers"][0]["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_its_success_is_kept():
    assert "ttlSecondsAfterFinished" not in job(crm())["spec"]


def test_it_ends_even_if_the_database_never_answers():
    assert 0 < job(crm())["spec"]["activeDeadlineSeconds"] <= 3600


def test_it_gets_the_database_and_no_key_of_the_application():
    [container] = job(crm())["spec"]["template"]["spec"]["containers"]

    assert {e["name"] for e in container["env"]} == {"HASTECRM_DATABASE_USER", "HASTECRM_DATABASE_PASSWORD"}
    assert container["args"] == ["migrate"]


def test_it_starts_with_questionable_settings_if_the_api_may():
    lenient = {"name": "HASTECRM_CONFIG_CHECK", "value": "warn"}
    own = [lenient, {"name": "TZ", "value": "Asia/Tokyo"}]
    [container] = job(crm(api={"env": own}))["spec"]["template"]["spec"]["containers"]

    assert lenient in container["env"]
    assert "TZ" not in {e["name"] for e in container["env"]}


def test_it_checks_the_same_authorities_as_the_application():
    [container] = job(crm(database={"external": EXTERNAL_DATABASE}))["spec"]["template"]["spec"]["containers"]

    assert "/run/secrets/hastecrm-ca" in {m["mountPath"] for m in container["volumeMounts"]}
