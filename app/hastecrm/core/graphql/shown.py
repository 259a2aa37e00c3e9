"""Types of GraphQL that show what the domain has, field by field."""

from typing import Self


class Shown:
    """A type whose fields are attributes of what it shows, by the same names."""

    @classmethod
    def of(cls, thing: object) -> Self:
        """Return something as GraphQL shows it."""
        return cls(**{name: getattr(thing, name) for name in cls.__annotations__})
