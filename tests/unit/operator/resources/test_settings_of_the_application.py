"""What the spec says about sign-in, mail and protection arrives where the application needs it."""

from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, crm, rendering

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.references import references

MAIL = EXAMPLES["everything managed, everything set"]["mail"]
GOOGLE = {"name": "google", "secretName": "crm-google"}


def settings(**spec: Any) -> dict[str, str]:
    data = config_map(crm(host="crm.example.com", **spec))["data"]
    return {key.removeprefix("HASTECRM_"): value for key, value in data.items()}


def pod(tier: str, of: HasteCRM) -> dict[str, Any]:
    found = (m for m in application(of, rendering(of)) if m["metadata"]["name"] == f"acme-{tier}")
    return next(m for m in found if m["kind"] == "Deployment")["spec"]["template"]["spec"]


def mounts(tier: str, of: HasteCRM) -> dict[str, str]:
    return {m["name"]: m["mountPath"] for m in pod(tier, of)["containers"][0]["volumeMounts"]}


def variables(tier: str, of: HasteCRM) -> dict[str, Any]:
    return {e["name"]: e.get("valueFrom") for e in pod(tier, of)["containers"][0]["env"]}


def test_a_small_object_has_the_defaults_of_the_api():
    found = settings()

    assert (found["TOKEN_LIFETIME"], found["SESSION_IDLE"], found["SESSION_DAYS"]) == ("900", "604800", "30")
    assert found["EMAIL_VERIFICATION"] == "false"
    assert (found["RATE_LIMIT_API"], found["RATE_LIMIT_AUTH"]) == ("20r/s", "10r/m")
    assert found["RATE_LIMIT_BURST"] == "60"
    assert found["TRUSTED_PROXIES"].startswith("10.0.0.0/8,")
    assert not {key for key in found if key.startswith(("MAIL", "CORS", "OPENID"))}


@pytest.mark.parametrize(
    ("ttl", "idle", "days"),
    [("90m", "5400", "30"), ("12h", "43200", "30"), ("721h", "2595600", "31"), ("8w", "4838400", "56")],
)
def test_a_session_lasts_at_least_as_long_as_it_may_rest(ttl: str, idle: str, days: str):
    found = settings(auth={"refreshTokenTTL": ttl})

    assert (found["SESSION_IDLE"], found["SESSION_DAYS"]) == (idle, days)


def test_mail_is_sent_through_the_server_of_the_spec():
    found = settings(mail=MAIL)

    assert {key: value for key, value in found.items() if key.startswith("MAIL")} == {
        "MAIL_HOST": "smtp.example.com",
        "MAIL_PORT": "465",
        "MAIL_FROM": "crm@example.com",
        "MAIL_TLS": "tls",
        "MAIL_CA_FILE": "/run/secrets/hastecrm-mail-ca/ca.crt",
    }


@pytest.mark.parametrize(("tier", "sends"), [("api", True), ("worker", True), ("web", False)])
def test_only_who_sends_mail_may_sign_in_to_its_server(tier: str, sends: bool):
    of = crm(host="crm.example.com", mail=MAIL)
    password = {"secretKeyRef": {"name": "crm-mail", "key": "password"}}

    assert variables(tier, of).get("HASTECRM_MAIL_PASSWORD") == (password if sends else None)
    assert mounts(tier, of).get("mail-ca") == ("/run/secrets/hastecrm-mail-ca" if sends else None)


def test_a_mail_server_may_ask_for_nothing():
    of = crm(host="crm.example.com", mail={"host": "relay", "from": "crm@example.com"})

    assert "HASTECRM_MAIL_USER" not in variables("api", of)
    assert "mail-ca" not in mounts("api", of)


def test_limits_and_proxies_are_those_of_the_spec():
    found = settings(
        security={
            "corsOrigins": ["https://a.example.com", "https://b.example.com"],
            "rateLimits": {"api": "5r/s", "auth": "off", "burst": 9},
            "trustedProxies": ["10.9.0.0/16"],
        }
    )

    assert found["CORS_ORIGINS"] == "https://a.example.com,https://b.example.com"
    assert (found["RATE_LIMIT_API"], found["RATE_LIMIT_AUTH"], found["RATE_LIMIT_BURST"]) == (
        "5r/s",
        "off",
        "9",
    )
    assert found["TRUSTED_PROXIES"] == "10.9.0.0/16"


def test_each_provider_is_a_folder_that_the_api_alone_reads():
    of = crm(auth={"oauth": [GOOGLE, {"name": "okta", "secretName": "crm-okta"}]})
    [volume] = [v for v in pod("api", of)["volumes"] if v["name"] == "openid"]
    shown = [
        (source["secret"]["name"], item["path"], source["secret"].get("optional", False))
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    ]

    assert config_map(of)["data"]["HASTECRM_OPENID_DIRECTORY"] == mounts("api", of)["openid"]
    assert [entry for entry in shown if entry[0] == "crm-google"] == [
        ("crm-google", "google/issuer", False),
        ("crm-google", "google/clientId", False),
        ("crm-google", "google/clientSecret", False),
        ("crm-google", "google/title", True),
    ]
    assert ("crm-okta", "okta/issuer", False) in shown
    assert not {"openid"} & (mounts("web", of).keys() | mounts("worker", of).keys())


def test_the_secrets_of_mail_and_providers_are_known_with_their_fields_and_keys():
    of = crm(host="crm.example.com", mail=MAIL, auth={"oauth": [GOOGLE]})

    assert {r.field_path: (r.name, r.keys) for r in references(of)} == {
        "spec.auth.oauth[0].secretName": ("crm-google", ("issuer", "clientId", "clientSecret")),
        "spec.mail.credentials.secretName": ("crm-mail", ("username", "password")),
        "spec.mail.caSecretName": ("crm-mail-ca", ("ca.crt",)),
    }
