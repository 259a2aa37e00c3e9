"""Providers are read from a file, or from Secrets as Kubernetes mounts them."""

import json
from pathlib import Path

import pytest

from hastecrm.core.settings import ConfigurationError, Settings
from hastecrm.main.openid_providers import openid_providers

SECRET = "told to us by the provider"
EXAMPLE = {"issuer": "https://example.com", "clientId": "crm", "clientSecret": SECRET}


def mount(directory: Path, name: str, **keys: str) -> None:
    """Write one provider as the kubelet does: hidden folders, and links to what is in them."""
    hidden = directory / "..2026_01_01" / name
    hidden.mkdir(parents=True)
    for key, value in keys.items():
        (hidden / key).write_text(value)
    (directory / name).symlink_to(hidden)


def settings(**values: str) -> Settings:
    return Settings.readable().model_copy(update=values)


def test_without_a_source_there_are_no_providers() -> None:
    assert openid_providers(settings()) == []


def test_each_folder_is_a_provider(tmp_path: Path) -> None:
    mount(tmp_path, "okta", **EXAMPLE, title="Single sign-on")
    mount(tmp_path, "google", **EXAMPLE)

    found = [entry.provider() for entry in openid_providers(settings(openid_directory=str(tmp_path)))]

    assert [(p.name, p.title) for p in found] == [("google", "Google"), ("okta", "Single sign-on")]
    assert {(p.issuer, p.client_id, p.client_secret) for p in found} == {
        ("https://example.com", "crm", SECRET)
    }


def test_the_newline_at_the_end_of_a_file_is_no_part_of_a_secret(tmp_path: Path) -> None:
    mount(tmp_path, "google", **{key: f"{value}\n" for key, value in EXAMPLE.items()})

    [entry] = openid_providers(settings(openid_directory=str(tmp_path)))

    assert entry.client_secret.get_secret_value() == SECRET


@pytest.mark.parametrize("missing", ["issuer", "clientId", "clientSecret"])
def test_a_missing_key_is_named_with_its_folder_and_no_secret_is_shown(tmp_path: Path, missing: str) -> None:
    mount(tmp_path, "google", **{key: value for key, value in EXAMPLE.items() if key != missing})

    with pytest.raises(ConfigurationError) as told:
        openid_providers(settings(openid_directory=str(tmp_path)))

    [line] = told.value.lines
    assert "HASTECRM_OPENID_DIRECTORY" in line
    assert str(tmp_path / "google") in line
    assert f"({missing}: Field required)" in line
    assert SECRET not in line


def test_two_providers_of_one_name_are_refused(tmp_path: Path) -> None:
    mount(tmp_path, "google", **EXAMPLE)
    listed = {"name": "google", "title": "G", "issuer": "https://example.com", "client_id": "a"}
    file = tmp_path / "providers.json"
    file.write_text(json.dumps([{**listed, "client_secret": SECRET}]))

    with pytest.raises(ConfigurationError, match="two providers of one name"):
        openid_providers(settings(openid_directory=str(tmp_path), openid_file=str(file)))
