"""Rules about what may not change once the object exists; only the API server sees both sides."""

from typing import Final

from pydantic import JsonValue

from hastecrm_operator.api.model import rule

WRITTEN_OUT: Final[dict[str, JsonValue]] = {"default": {}}
"""Schema extras of a field that the API server fills in, so that rules and other readers always find it."""

_KEPT_CLASS: Final = "cannot change: a volume keeps its StorageClass"
_KEPT_SIZE: Final = "cannot shrink: a volume never becomes smaller"


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
            f"{store}.managed.storage.className {_KEPT_CLASS}",
        ),
        _forbidden(
            f"{_size('self', default_size)}.compareTo({_size('oldSelf', default_size)}) >= 0",
            f"{store}.managed.storage.size {_KEPT_SIZE}",
        ),
    )


def kept_volume(field: str, storage: str = "") -> tuple[dict[str, str], ...]:
    """Return the rules that a volume which is always written out keeps its class and its size.

    `field` is its path for people, `storage` its path within the model that carries the rules.
    """
    now, before = f"self{storage}", f"oldSelf{storage}"
    classes = " == ".join(f"(has({s}.className) ? {s}.className : '')" for s in (now, before))
    return (
        rule(classes, f"{field}.className {_KEPT_CLASS}", reason="FieldValueForbidden"),
        rule(
            f"quantity(string({now}.size)).compareTo(quantity(string({before}.size))) >= 0",
            f"{field}.size {_KEPT_SIZE}",
            reason="FieldValueForbidden",
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
