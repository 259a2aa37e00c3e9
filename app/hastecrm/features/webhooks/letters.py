"""The letter to whoever made a webhook that the CRM has given up."""

from dataclasses import dataclass
from typing import Any, Final

from hastecrm.core.mail import Letter, Outbox

_MAKER: Final = (
    "SELECT email FROM users WHERE id = $1 AND email_verified_at IS NOT NULL AND disabled_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class WebhookLetters:
    """Writes to the makers of webhooks; `site` is where the CRM is."""

    outbox: Outbox
    site: str | None

    async def post(self, connection: Any, webhook: Any, why: str) -> None:
        """Say that nothing is sent any more, once the caller's transaction has committed."""
        email = await connection.fetchval(_MAKER, webhook["created_by"])
        if email is not None:
            await self.outbox.post(connection, self._letter(email, webhook, why))

    def _letter(self, email: str, webhook: Any, why: str) -> Letter:
        advice = "Once the receiver works again, switch the webhook on and send again what did not arrive."
        lines = [f"HasteCRM sends nothing to {webhook['url']} any more. {why}", advice, self.site]
        text = "\n\n".join(line for line in lines if line is not None)
        return Letter(email, f"The webhook {webhook['name']} is switched off", text + "\n")
