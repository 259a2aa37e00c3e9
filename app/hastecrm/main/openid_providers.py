"""Which OpenID providers the installation trusts: from a file, or from a directory of mounted Secrets."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from hastecrm.core.settings import ConfigurationError, Settings
from hastecrm.core.settings.findings import Finding
from hastecrm.features.openid.schemas import PROVIDERS, ProviderEntry

_FILE: Final = "HASTECRM_OPENID_FILE"
_DIRECTORY: Final = "HASTECRM_OPENID_DIRECTORY"
_FIXES: Final = {
    _FILE: "write a JSON list of objects with name, title, issuer, client_id and client_secret",
    _DIRECTORY: "give each provider a folder of its name with the files issuer, clientId and clientSecret",
}
_KEYS: Final = {
    "issuer": "issuer",
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "title": "title",
}


def openid_providers(settings: Settings) -> list[ProviderEntry]:
    """Return the providers of both sources; raises `ConfigurationError` that says what is wrong with one."""
    listed = _listed(settings.openid_file) if settings.openid_file else []
    mounted = _mounted(settings.openid_directory) if settings.openid_directory else []
    entries = [*listed, *mounted]
    if len({entry.name for entry in entries}) != len(entries):
        raise _wrong(_DIRECTORY if mounted else _FILE, "has two providers of one name")
    return entries


def _listed(path: str) -> list[ProviderEntry]:
    try:
        return PROVIDERS.validate_json(Path(path).read_bytes())
    except ValidationError as exc:
        raise _wrong(_FILE, f"{path} is not a list of providers ({_problems(exc)})") from exc


def _mounted(path: str) -> list[ProviderEntry]:
    # Kubernetes keeps what it mounts in folders that begin with two dots, and links to it.
    folders = (f for f in sorted(Path(path).iterdir()) if f.is_dir() and not f.name.startswith("."))
    return [_provider(folder) for folder in folders]


def _provider(folder: Path) -> ProviderEntry:
    read: dict[str, Any] = {"name": folder.name, "title": folder.name.capitalize()}
    for field, key in _KEYS.items():
        if (folder / key).is_file():
            read[field] = (folder / key).read_text().strip()
    try:
        return ProviderEntry.model_validate(read)
    except ValidationError as exc:
        raise _wrong(_DIRECTORY, f"{folder} is not a provider ({_problems(exc, _KEYS)})") from exc


def _problems(exc: ValidationError, names: Mapping[str, str] = MappingProxyType({})) -> str:
    told = (([names.get(str(part), str(part)) for part in each["loc"]], each["msg"]) for each in exc.errors())
    return "; ".join(f"{'.'.join(path)}: {message}" for path, message in told)


def _wrong(variable: str, what: str) -> ConfigurationError:
    return ConfigurationError([Finding(variable, what, _FIXES[variable])])
