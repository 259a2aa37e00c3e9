"""From pydantic's JSON schema to the structural schema that a CustomResourceDefinition may hold.

A structural schema has no references, no unions with null and no titles, and forbids unknown fields by
leaving them out instead of by `additionalProperties: false`.
"""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

_DROPPED = {"title", "$defs", "$ref", "propertyNames"}


def structural(model: type[BaseModel]) -> Schema:
    """Return the structural schema of a model, everything inlined."""
    schema = model.model_json_schema(by_alias=True)
    return _structural(schema, schema.get("$defs", {}))


def _structural(schema: Schema, definitions: Schema) -> Schema:
    merged = _resolved(schema, definitions)
    result = {key: value for key, value in merged.items() if key not in _DROPPED}
    if "default" in result and not _may_be_stored(result["default"]):
        del result["default"]
    if "properties" in result:
        properties = result["properties"].items()
        result["properties"] = {name: _structural(part, definitions) for name, part in properties}
    if "items" in result:
        result["items"] = _structural(result["items"], definitions)
    values = result.pop("additionalProperties", None)
    if isinstance(values, dict) and (inside := _structural(values, definitions)):
        result["additionalProperties"] = inside
    return result


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Follow references and "or null"; what a field says itself wins over what its model says."""
    own = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return _resolved(target, definitions) | own
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return _resolved(options[0], definitions) | own
    return own | ({"anyOf": options} if options else {})


def _may_be_stored(default: object) -> bool:
    # Scalars tell a reader what applies. Whole objects would freeze today's choice, and fill one of two
    # alternatives that the user left open; nulls and empty lists say nothing.
    return default == {} or not isinstance(default, (dict, list, type(None)))
