"""Where the error codes of the earlier hasteCRM went: to codes of ours, or to a feature still to come."""

from dataclasses import dataclass
from typing import Final

from hastecrm.core.codes import Code


@dataclass(frozen=True)
class Now:
    """The codes that say it today, and the feature that a code waits for."""

    codes: tuple[Code, ...] = ()
    later: str = ""


_COMPANIES, _DEALS, _IMPORTS, _GMAIL, _AI = "companies", "pipelines and deals", "imports", "Gmail", "AI"
EARLIER: Final[dict[str, Now]] = {
    "INVALID_CREDENTIALS": Now((Code.AUTH_INVALID_CREDENTIALS,)),
    "SESSION_EXPIRED": Now((Code.AUTH_SESSION_EXPIRED, Code.AUTH_TOKEN_EXPIRED)),
    "INSUFFICIENT_PERMISSIONS": Now((Code.AUTH_FORBIDDEN,)),
    "ACCOUNT_LOCKED": Now((Code.AUTH_ACCOUNT_LOCKED,)),
    "EMAIL_NOT_VERIFIED": Now((Code.AUTH_EMAIL_NOT_VERIFIED,)),
    "TWO_FACTOR_REQUIRED": Now((Code.AUTH_TWO_FACTOR_REQUIRED,)),
    "INVALID_TWO_FACTOR_CODE": Now((Code.AUTH_TWO_FACTOR_INVALID,)),
    "WORKSPACE_NOT_FOUND": Now((Code.BIZ_WORKSPACE_NOT_FOUND,)),
    "WORKSPACE_LIMIT_REACHED": Now((Code.BIZ_WORKSPACE_LIMIT_REACHED,)),
    "USER_NOT_IN_WORKSPACE": Now((Code.AUTH_NOT_IN_WORKSPACE,)),
    "CONTACT_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,)),
    "COMPANY_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,), _COMPANIES),
    "DUPLICATE_CONTACT": Now((Code.BIZ_DUPLICATE,)),
    "INVALID_IMPORT_FORMAT": Now((), _IMPORTS),
    "PIPELINE_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,), _DEALS),
    "STAGE_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,), _DEALS),
    "DEAL_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,), _DEALS),
    "INVALID_STAGE_TRANSITION": Now((), _DEALS),
    "DEAL_ALREADY_CLOSED": Now((), _DEALS),
    "GMAIL_NOT_CONNECTED": Now((), _GMAIL),
    "GMAIL_TOKEN_EXPIRED": Now((), _GMAIL),
    "GMAIL_SYNC_FAILED": Now((), _GMAIL),
    "EMAIL_SEND_FAILED": Now((Code.SYS_MAIL_UNAVAILABLE,)),
    "AI_SERVICE_UNAVAILABLE": Now((), _AI),
    "AI_QUOTA_EXCEEDED": Now((), _AI),
    "AI_PROCESSING_FAILED": Now((), _AI),
    "RESOURCE_NOT_FOUND": Now((Code.BIZ_NOT_FOUND,)),
    "RESOURCE_ALREADY_EXISTS": Now((Code.BIZ_DUPLICATE,)),
    "INVALID_INPUT": Now((Code.VALIDATION_FAILED,)),
    "OPERATION_NOT_ALLOWED": Now((Code.BIZ_CONFLICT,)),
    "RATE_LIMIT_EXCEEDED": Now((Code.HTTP_RATE_LIMITED,)),
    "SERVICE_UNAVAILABLE": Now((Code.SYS_NOT_READY, Code.SYS_OVERLOADED, Code.SYS_UPSTREAM_UNAVAILABLE)),
}
