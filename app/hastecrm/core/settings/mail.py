"""How mail leaves."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from hastecrm.core.settings.values import Port, ReadableFile, Seconds


class MailSettings(BaseModel):
    """The SMTP server that takes our messages."""

    mail_host: str | None = Field(None, min_length=1, description="SMTP host; without it no mail is sent.")
    mail_port: Port = Field(587, description="SMTP port.")
    mail_user: str | None = Field(None, min_length=1, description="User name, if the server asks for one.")
    mail_password: SecretStr | None = Field(None, description="Password of that user.")
    mail_from: str | None = Field(
        None, min_length=3, description="Sender, such as `HasteCRM <crm@example.com>`; needed with a host."
    )
    mail_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the SMTP server is protected; its certificate is checked."
    )
    mail_ca_file: ReadableFile | None = Field(None, description="CA bundle (PEM), if it is not a public one.")
    mail_timeout: Seconds = Field(20.0, description="Longest that handing over one message may take.")
