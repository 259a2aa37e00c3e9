"""What is wrong with a filter, and where."""

from hastecrm.core.errors import FieldProblem, InvalidInputError

PARAMETER = "filter"


def wrong_filter(position: int, problem: str) -> InvalidInputError:
    """Return the answer to a filter with a mistake; `position` counts characters from 1."""
    told = f"at character {position}: {problem}"
    return InvalidInputError(
        f"The filter is wrong {told}.", errors=[FieldProblem(PARAMETER, told, in_query=True)]
    )
