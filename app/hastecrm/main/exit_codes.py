"""How a command that failed tells the Job that runs it whether to try again."""

from typing import Final

FAILED: Final = 1
"""It may go well another time."""
NEVER: Final = 65
"""It will fail each time until a person acts."""
