"""Lists whose items differ; pydantic and the API server each refuse a second one."""

from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, JsonValue

T = TypeVar("T")
_NAMED: Final[dict[str, JsonValue]] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
}


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    identities = [getattr(item, "name", item) for item in items]
    twice = next((i for i in identities if identities.count(i) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is given twice")
    return items


Named = Annotated[tuple[T, ...], AfterValidator(_distinct), Field(json_schema_extra=_NAMED)]
"""Items with names that differ."""

Distinct = Annotated[
    tuple[T, ...], AfterValidator(_distinct), Field(json_schema_extra={"x-kubernetes-list-type": "set"})
]
"""Values that differ."""
