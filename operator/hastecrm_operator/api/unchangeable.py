"""Rules about what may not change once the object exists; only the API server sees both sides."""

from hastecrm_operator.api.model import rule


def same_kind(store: str) -> dict[str, str]:
    """Return the rule that a store stays managed or stays external."""
    external = f".?{store}.?external.hasValue()"
    return rule(
        f"self{external} == oldSelf{external}",
        f"{store} cannot change between managed and external, the data would stay behind; "
        "make a second HasteCRM and move the data",
        reason="FieldValueForbidden",
        fieldPath=f".{store}",
    )


def same_storage(store: str, default_size: str) -> tuple[dict[str, str], ...]:
    """Return the rules that the volume of a managed store keeps its class and its size."""
    both = f"(self.?{store}.?external.hasValue() || oldSelf.?{store}.?external.hasValue())"
    path = f".?{store}.?managed.?storage.?"
    size = f"{path}size.orValue('{default_size}')"
    new, old = f"quantity(string(self{size}))", f"quantity(string(oldSelf{size}))"
    where = f"{store}.managed.storage"
    return (
        _forbidden(
            f"{both} || self{path}className.orValue('') == oldSelf{path}className.orValue('')",
            f"{where}.className cannot change: a volume keeps its StorageClass",
            store,
        ),
        _forbidden(
            f"{both} || {new}.compareTo({old}) >= 0",
            f"{where}.size cannot shrink: a volume never becomes smaller",
            store,
        ),
        # Until the operator can grow a volume: accepted, it would be stuck, with no way back.
        _forbidden(
            f"{both} || {new}.compareTo({old}) <= 0",
            f"{where}.size cannot grow yet; choose it when you make the object",
            store,
        ),
    )


def _forbidden(expression: str, message: str, store: str) -> dict[str, str]:
    return rule(expression, message, reason="FieldValueForbidden", fieldPath=f".{store}")
