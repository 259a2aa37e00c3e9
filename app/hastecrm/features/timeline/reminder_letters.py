"""The letter that a reminder is."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from hastecrm.core.mail import Letter, Outbox


@dataclass(frozen=True, slots=True)
class ReminderLetters:
    """Writes to whoever is to do a task; `site` is where the CRM is."""

    outbox: Outbox
    site: str | None

    async def post(self, connection: Any, task: Any) -> None:
        """Send the letter of a reminder once the caller's transaction has committed."""
        await self.outbox.post(connection, self._letter(task))

    def _letter(self, task: Any) -> Letter:
        lines = [task["title"]]
        if task["due_at"] is not None:
            due = task["due_at"].astimezone(ZoneInfo(task["time_zone"]))
            lines.append(f"Due: {due:%A, %d %B %Y, %H:%M} ({task['time_zone']})")
        if self.site is not None:
            lines.append(self.site)
        return Letter(task["email"], f"Reminder: {task['title']}", "\n\n".join(lines) + "\n")
