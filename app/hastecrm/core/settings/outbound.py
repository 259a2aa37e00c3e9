"""Where the CRM may call when members name an address."""

from pydantic import BaseModel, Field

from hastecrm.core.settings.traffic import Networks
from hastecrm.core.settings.values import Seconds


class OutboundSettings(BaseModel):
    """Calls to addresses that members wrote down, such as webhooks."""

    outbound_allowed_networks: Networks = Field(
        (),
        description="Private networks that webhooks and the like may call, also without TLS, "
        "separated by commas; none.",
    )
    outbound_timeout: Seconds = Field(15.0, description="Longest that one such call may take.")
