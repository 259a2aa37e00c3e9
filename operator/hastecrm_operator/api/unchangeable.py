"""Rules about what may not change once the object exists; only the API server sees both sides."""

from typing import Final

from pydantic import JsonValue

from hastecrm_operator.api.model import rule

WRITTEN_OUT: Final[dict[str, JsonValue]] = {"default": {}}
"""Schema extras of a field that the API server fills in, so that rules and other readers always find it."""


def same_kind(store: str) -> dict[str, str]:
    """Return the rule that a database stays managed, external or CloudNativePG's."""
    return rule(
        "has(self.external) == has(oldSelf.external) && has(self.cloudNativePG) == "
        "has(oldSelf.cloudNativePG)",
        f"{store} cannot change between managed, external and cloudNativePG, the data would stay behind; "
        "make a second HasteCRM and move the data",
        reason="FieldValueForbidden",
    )


def same_storage(store: str, default_size: str) -> tuple[dict[str, str], ...]:
    """Return the rules that the volume of a managed store keeps its class and its size."""
    return (
        _forbidden(
            f"{_class('self')} == {_class('oldSelf')}",
            f"{store}.managed.storage.className cannot change: a volume keeps its StorageClass",
        ),
        _forbidden(
            f"{_size('self', default_size)}.compareTo({_size('oldSelf', default_size)}) >= 0",
            f"{store}.managed.storage.size cannot shrink: a volume never becomes smaller",
        ),
    )


def _class(side: str) -> str:
    path = f"{side}.managed.storage.className"
    return f"(has({side}.managed) && has({path}) ? {path} : '')"


def _size(side: str, default: str) -> str:
    return f"(has({side}.managed) ? quantity(string({side}.managed.storage.size)) : quantity('{default}'))"


def _forbidden(expression: str, message: str) -> dict[str, str]:
    both_managed = "has(self.external) || has(oldSelf.external)"
    return rule(f"{both_managed} || {expression}", message, reason="FieldValueForbidden")
