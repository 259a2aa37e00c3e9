"""What a request changes of a record, worked out before anything is stored. No I/O here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from hastecrm.core.audit import differences
from hastecrm.core.bodies import wrong_value
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Record, Values


def new_values(kind: Kind, who: Principal, values: Values) -> Values:
    """Return what is stored of a new record, one's own unless an owner is named; raises `CRMError`."""
    owner = {"owner_id": who.user} if kind.owned else {}
    wanted = _plain(kind, None, {**owner, **values})
    _check_owner(who, wanted)
    return kind.prepare(None, wanted) if kind.prepare is not None else wanted


def changed_values(kind: Kind, who: Principal, record: Record, values: Values) -> Values:
    """Return only what the record does not have yet; raises `CRMError`."""
    changes = _new_ones(record, _plain(kind, record, values))
    _check_owner(who, changes)
    if changes and kind.prepare is not None:
        return _new_ones(record, kind.prepare(record, changes))
    return changes


def told(kind: Kind, record: Record, changes: Values) -> dict[str, Any]:
    """Return the differences for the audit log; fields that a workspace added are named `custom.key`."""
    old, new = dict(record), dict(changes)
    if kind.custom and "custom" in new:
        before, after = orjson.loads(old.pop("custom")), orjson.loads(new.pop("custom"))
        keys = {*before, *after}
        old.update({f"custom.{key}": before.get(key) for key in keys})
        new.update({f"custom.{key}": after.get(key) for key in keys})
    return differences(old, new)


def _plain(kind: Kind, record: Record | None, values: Values) -> dict[str, Any]:
    """Return the values as columns hold them: tags in order and once, custom fields merged (RFC 7396)."""
    plain = dict(values)
    for name, value in values.items():
        if name == "tags" and kind.tagged:
            plain[name] = sorted(set(value or ()))
        elif name == "custom" and kind.custom:
            before = orjson.loads(record["custom"]) if record is not None else {}
            plain[name] = _text(_merged(before, value or {}))
        elif value is None and not kind.by_name[name].may_be_null:
            plain[name] = kind.by_name[name].default
    return plain


def _merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in {**before, **patch}.items() if value is not None}


def _text(custom: Mapping[str, Any]) -> str:
    return orjson.dumps(custom, option=orjson.OPT_SORT_KEYS).decode()


def _new_ones(record: Record, values: Values) -> Values:
    return {name: value for name, value in values.items() if not _is_same(name, record[name], value)}


def _is_same(name: str, old: Any, new: Any) -> bool:
    # PostgreSQL writes the same document in another order than we do.
    return bool(orjson.loads(old) == orjson.loads(new) if name == "custom" else old == new)


def _check_owner(who: Principal, values: Values) -> None:
    if "owner_id" in values and not may_own(values["owner_id"], who):
        problem = "must be someone whose records you see, or you would lose sight of this one"
        raise wrong_value("/owner_id", problem)


def may_own(owner: UUID | None, who: Principal) -> bool:
    """Whether someone may make this the owner of a record.

    Only if they still see it afterwards: nobody puts a record out of their own sight.
    """
    return who.owners is None or owner in who.owners
