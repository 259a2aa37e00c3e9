"""New passwords, refused in words. No I/O but the list of known ones."""

from collections.abc import Sequence

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.password_rules import problems


def acceptable(password: str, pointer: str, about: Sequence[str]) -> str:
    """Return the password; raises `InvalidInputError` with a sentence for each rule that it breaks."""
    if found := problems(password, about=about):
        detail = f"The new password {found[0]}."
        raise InvalidInputError(detail, errors=[FieldProblem(pointer, sentence) for sentence in found])
    return password
