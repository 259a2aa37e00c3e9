"""What the OpenAPI document says, as the pages show it. No I/O here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

Json = Mapping[str, Any]
_SIMPLE: Final[Mapping[str, Any]] = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
    "null": None,
}
_FORMATS: Final = {
    "uuid": "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8",
    "date": "2026-11-27",
    "date-time": "2026-11-27T09:30:00Z",
}
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a body: its name, its type in a word, whether it must be there, and what it is."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Described:
    """One operation, and the document that it is of."""

    document: Json
    method: str
    path: str
    shown: Json

    @property
    def name(self) -> str:
        """Its name, and that of its page."""
        return str(self.shown["operationId"])

    @property
    def tag(self) -> str:
        """What it is listed under."""
        return str(self.shown["tags"][0])

    @property
    def is_public(self) -> bool:
        """Whether it needs no token."""
        return self.shown.get("security") == []

    @property
    def body(self) -> tuple[str, Json] | None:
        """The first media type of its body and its schema; None without one."""
        content = self.shown.get("requestBody", {}).get("content", {})
        return next(((kind, each.get("schema", {})) for kind, each in content.items()), None)

    def replies(self) -> Iterator[tuple[str, Json]]:
        """Yield each status and its answer."""
        for status, reply in self.shown["responses"].items():
            yield status, self.resolved(reply)

    def resolved(self, node: Json) -> Json:
        """Return what a reference leads to, or the node itself."""
        if "$ref" not in node:
            return node
        found: Any = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self.resolved(found)

    def fields(self, schema: Json) -> Sequence[Field]:
        """Return the fields of an object's schema."""
        whole = self.resolved(schema)
        required = whole.get("required", ())
        return [
            Field(name, self.type_of(each), name in required, str(each.get("description", "")))
            for name, each in whole.get("properties", {}).items()
        ]

    def type_of(self, schema: Json) -> str:
        """Return the type of a value in a few words."""
        if "$ref" in schema:
            return str(schema["$ref"]).rpartition("/")[2]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self.type_of(each) for each in choices))
        if "enum" in schema:
            return " | ".join(str(each) for each in schema["enum"])
        if schema.get("type") == "array":
            return f"list of {self.type_of(schema.get('items', {}))}"
        return str(schema.get("format") or schema.get("type") or schema.get("const") or "any")

    def example(self, schema: Json, depth: int = 0) -> Any:
        """Return a value that a schema may have: its own example, or one of its type."""
        whole = self.resolved(schema)
        if examples := whole.get("examples"):
            return examples[0]
        if choices := whole.get("anyOf") or whole.get("oneOf") or whole.get("enum"):
            return self.example(choices[0], depth) if isinstance(choices[0], Mapping) else choices[0]
        if whole.get("type") == "array" and depth < _DEEPEST:
            return [self.example(whole.get("items", {}), depth + 1)]
        if "properties" in whole and depth < _DEEPEST:
            return self._object(whole, depth)
        simple = _SIMPLE.get(whole.get("type", "string"), _FORMATS.get(whole.get("format", ""), "text"))
        return whole.get("const", simple if whole.get("default") is None else whole["default"])

    def _object(self, schema: Json, depth: int) -> Json:
        required, fields = schema.get("required", ()), schema["properties"]
        wanted = [name for name in fields if name in required] or list(fields)[:3]
        return {name: self.example(fields[name], depth + 1) for name in wanted}

    def says(self, words: Sequence[str]) -> bool:
        """Whether all words stand somewhere in what is told of it."""
        body = self.fields(self.body[1]) if self.body is not None else ()
        parts = [self.name, self.method, self.path, str(self.shown["summary"])]
        parts += [f"{each['name']} {each['description']}" for each in self.shown["parameters"]]
        parts += [f"{each.name} {each.description}" for each in body]
        text = "\n".join(parts).lower()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Book:
    """All operations of a document."""

    version: str
    operations: Sequence[Described]

    @classmethod
    def of(cls, document: Json) -> Self:
        """Read a document."""
        found = [
            Described(document, method.upper(), path, shown)
            for path, methods in document["paths"].items()
            for method, shown in methods.items()
        ]
        return cls(document["info"]["version"], found)

    def found(self, query: str) -> Mapping[str, Sequence[Described]]:
        """Return the operations that say all words of a query, by what they are listed under."""
        words, found = query.lower().split(), dict[str, list[Described]]()
        for each in self.operations:
            if each.says(words):
                found.setdefault(each.tag, []).append(each)
        return found

    def operation(self, name: str) -> Described | None:
        """Return the operation of a name, if there is one."""
        return next((each for each in self.operations if each.name == name), None)
