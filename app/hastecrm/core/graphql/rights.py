"""Root fields that name the right they need, as REST's operations do; asked before the field resolves."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import strawberry
from aiohttp import web
from strawberry.extensions import FieldExtension
from strawberry.types import Info
from strawberry.types.base import get_object_definition

from hastecrm.core.authentication import DENIED, demand
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import PRINCIPAL, Principal
from hastecrm.core.policy import Access

_ACCESS: Final = "access"


class _Guard(FieldExtension):
    def __init__(self, access: Access) -> None:
        self._access = access

    async def resolve_async(self, next_: Any, source: Any, info: Info, **arguments: Any) -> Any:
        try:
            demand(principal_of(info), self._access)
        except BusinessError as exc:
            await info.context[DENIED].record(principal_of(info), self._access, exc.code.name)
            raise
        return await next_(source, info, **arguments)


def field(access: Access) -> Callable[[Any], Any]:
    """Return a decorator that makes an async method a root field for those who have the right."""

    def decorate(resolver: Any) -> Any:
        guard = _Guard(access)
        return strawberry.field(
            resolver, extensions=[guard], metadata={_ACCESS: access}, description=resolver.__doc__
        )

    return decorate


def principal_of(info: Info) -> Principal:
    """Return who asks."""
    request: web.Request = info.context
    return request[PRINCIPAL]


def rights_of(root: type) -> Mapping[str, Access]:
    """Return the right that each field of a root type needs; raises TypeError for a field that names none."""
    return dict(_rights(root))


def _rights(root: type) -> Iterator[tuple[str, Access]]:
    definition = get_object_definition(root, strict=True)
    for each in definition.fields:
        if _ACCESS not in each.metadata:
            raise TypeError(f"{root.__name__}.{each.name} names no right: declare it with `rights.field`")
        yield each.name, each.metadata[_ACCESS]
