"""Which GraphQL queries run: any, or those of a file."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from hastecrm.core.cache import Cache
from hastecrm.core.graphql.texts import AllowedTexts, StoredTexts, Texts
from hastecrm.core.response_cache.entries import Keys
from hastecrm.core.settings import ConfigurationError, Settings
from hastecrm.core.settings.findings import Finding

_Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class _Operation(BaseModel):
    id: str
    body: _Text


class _Manifest(BaseModel):
    """What Apollo's tools write."""

    operations: Annotated[list[_Operation], Field(max_length=10_000)]


# Relay's compiler writes an object of names and texts.
_FILE: Final = TypeAdapter[_Manifest | dict[str, _Text]](_Manifest | dict[str, _Text])
_FIX: Final = "write a JSON object of names and texts of queries, or the manifest that Apollo's tools make"


def query_texts(settings: Settings, cache: Cache) -> Texts:
    """Return the texts that the settings allow; raises `ConfigurationError` for a file that has none."""
    if settings.graphql_queries is None:
        return StoredTexts(cache, f"graphql:{Keys.of(settings, '').installation}:")
    try:
        found = _FILE.validate_json(Path(settings.graphql_queries).read_bytes())
    except ValidationError as exc:
        told = f"{settings.graphql_queries} is no list of queries"
        raise ConfigurationError([Finding("HASTECRM_GRAPHQL_QUERIES", told, _FIX)]) from exc
    texts = {each.id: each.body for each in found.operations} if isinstance(found, _Manifest) else found
    return AllowedTexts(texts)
