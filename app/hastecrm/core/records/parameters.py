"""The values of a statement: they travel beside it, never in it."""

from typing import Any


class Parameters:
    """Collects values, and names each one's place."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)

    def add(self, value: Any, cast: str = "") -> str:
        """Return the placeholder of a value; `cast` is its type, where the context does not tell."""
        self.values.append(value)
        return f"${len(self.values)}{f'::{cast}' if cast else ''}"
