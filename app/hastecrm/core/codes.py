"""The catalogue of errors: every code, what it means and what to do about it. No I/O here."""

from enum import unique

from hastecrm.core.catalogue import Described, Entry


@unique
class Code(Described):
    """Every error code there is; the name is what clients match on and never changes its meaning."""

    VALIDATION_FAILED = Entry(
        422,
        "Some values are not valid",
        "Correct what `errors` names (a JSON pointer or a query parameter each) and send it again.",
    )
    VALIDATION_MALFORMED_JSON = Entry(
        400,
        "The body is not well-formed JSON",
        "Send JSON: look for a trailing comma, a missing quote, or a body that was cut off.",
    )
    VALIDATION_QUERY = Entry(
        400,
        "The GraphQL query is not valid",
        "Check the query and its variables against the schema; `message` says where it goes wrong.",
    )
    VALIDATION_QUERY_TOO_COSTLY = Entry(
        400,
        "The GraphQL query asks for too much at once",
        "Ask for fewer records (`limit`), fewer levels, or send several queries.",
    )
    VALIDATION_QUERY_NOT_STORED = Entry(
        400,
        "The GraphQL query is not stored",
        "Send its text once beside its SHA-256; after that the SHA-256 alone will do, for a while.",
    )
    VALIDATION_QUERY_NOT_ALLOWED = Entry(
        400,
        "This installation runs only GraphQL queries that it knows",
        "Whoever runs the CRM adds the query to the file that `HASTECRM_GRAPHQL_QUERIES` names.",
    )
    BIZ_SECOND_FACTOR_ON = Entry(
        409, "A second factor is on already", "Turn it off first; that takes your password."
    )
    BIZ_SECOND_FACTOR_OFF = Entry(
        409,
        "There is no second factor to do this with",
        "Ask for a secret first, and confirm it with a code of your authenticator app.",
    )
    BIZ_NOT_FOUND = Entry(
        404, "The record does not exist", "Check the id; the record may have been deleted since you read it."
    )
    BIZ_DUPLICATE = Entry(
        409,
        "Another record already has this value",
        "Choose another value for the field that `errors` names, or change the record that has it.",
    )
    BIZ_CONFLICT = Entry(
        409,
        "The change contradicts other records",
        "Read the records that this one refers to again: one is missing, or still needs what you remove.",
    )
    BIZ_IDEMPOTENCY_KEY_REUSED = Entry(
        422,
        "The idempotency key was used for another request",
        "Make a new `Idempotency-Key` for each thing that you want done; keep one only to repeat a request.",
    )
    BIZ_IDEMPOTENCY_IN_PROGRESS = Entry(
        409,
        "The first request with this idempotency key still runs",
        "Wait for `Retry-After` seconds and send the same again: you will get the first one's answer.",
        retryable=True,
    )
    BIZ_VERSION_MISMATCH = Entry(
        412,
        "The record was changed in the meantime",
        "Read the record again and repeat the change with the new `ETag` in `If-Match`.",
    )
    BIZ_WORKSPACE_NOT_FOUND = Entry(
        404,
        "You belong to no such workspace",
        "Choose one of those that `GET /api/v1/workspaces` lists, or ask for an invitation.",
    )
    BIZ_WORKSPACE_PROTECTED = Entry(
        409,
        "The installation's own workspace stays",
        "Delete its records, or rename it; only workspaces that people made can be deleted.",
    )
    BIZ_WORKSPACE_LIMIT_REACHED = Entry(
        409, "The workspace is full", "Remove a member, or ask whoever runs the CRM for a higher limit."
    )
    BIZ_LAST_OWNER = Entry(
        409, "A workspace needs an owner", "Make another member an owner first, or delete the workspace."
    )
    BIZ_TEAM_NOT_EMPTY = Entry(
        409, "The team still has members", "Put its members into another team, or into none, first."
    )
    BIZ_INVITATION_UNKNOWN = Entry(
        404,
        "The invitation does not exist",
        "Use the newest link that you were sent; ask for another one if it was revoked.",
    )
    BIZ_INVITATION_USED = Entry(
        409, "The invitation has been used", "Sign in with the address that was invited."
    )
    BIZ_INVITATION_EXPIRED = Entry(
        410, "The invitation has expired", "Ask whoever invited you to send it again."
    )
    BIZ_STAGE_NOT_EMPTY = Entry(409, "Deals are in the stage", "Move its deals to another stage first.")
    BIZ_DEFAULT_PIPELINE = Entry(
        409, "A workspace needs a default pipeline", "Make another pipeline the default one first."
    )
    BIZ_SETUP_DONE = Entry(
        409, "The installation has an owner already", "Sign in as an owner, or ask one for an invitation."
    )
    AUTH_REQUIRED = Entry(
        401,
        "A valid access token is required",
        "Send the header `Authorization: Bearer` with the access token of this installation.",
    )
    AUTH_SESSION_EXPIRED = Entry(
        401,
        "The session has ended",
        "Sign in again; the session ran out, was ended on another device, or the account was disabled.",
    )
    AUTH_TOKEN_EXPIRED = Entry(
        401,
        "The access token has expired",
        "Get a new one with the refresh token, at `/api/v1/auth/refresh`.",
    )
    AUTH_INVALID_CREDENTIALS = Entry(
        401,
        "The e-mail address or the password is wrong",
        "Check both; nobody is told which of them it was. A forgotten password can be reset by mail.",
    )
    AUTH_ACCOUNT_LOCKED = Entry(
        429,
        "Too many wrong passwords",
        "Wait for `Retry-After` seconds; a device that was signed in before is not kept waiting by others.",
        retryable=True,
    )
    AUTH_TWO_FACTOR_REQUIRED = Entry(
        401,
        "A second factor is needed",
        "Send the password again, with `code` from the authenticator app or with a `recovery_code`.",
    )
    AUTH_TWO_FACTOR_INVALID = Entry(
        401,
        "The second factor is wrong",
        "Use the code that the app shows now; check the clock of the phone. Recovery codes work once.",
    )
    AUTH_EMAIL_NOT_VERIFIED = Entry(
        403,
        "The e-mail address is not confirmed yet",
        "Follow the link in the mail that was sent just now, then sign in again.",
    )
    AUTH_LINK_INVALID = Entry(
        422, "The link is not valid (any more)", "Ask for a new one: links work once and for a limited time."
    )
    AUTH_FORBIDDEN = Entry(
        403,
        "Your role does not allow this",
        "Ask an admin or owner of the workspace to do it, or to give you another role.",
    )
    AUTH_NOT_IN_WORKSPACE = Entry(
        403,
        "You are not a member of this workspace",
        "Switch to a workspace that you belong to, or ask for an invitation.",
    )
    AUTH_OPENID_REFUSED = Entry(
        401,
        "The sign-in provider did not confirm who you are",
        "Begin the sign-in again, in one browser and within ten minutes.",
    )
    AUTH_NO_ACCOUNT = Entry(
        403,
        "No account belongs to this identity",
        "Ask for an invitation, or confirm that your account's e-mail address is the provider's.",
    )
    AUTH_CROSS_SITE = Entry(
        403,
        "The request came from another site",
        "Use the CRM's own pages; behind a proxy, set `HASTECRM_PUBLIC_URL` to what browsers use.",
    )
    HTTP_BAD_REQUEST = Entry(
        400,
        "The request cannot be understood",
        "Send well-formed HTTP with a complete body; a proxy on the way may have cut it.",
    )
    HTTP_NOT_FOUND = Entry(
        404,
        "There is nothing at this address",
        "Check the spelling of the address and the version in its path.",
    )
    HTTP_METHOD_NOT_ALLOWED = Entry(
        405, "This address does not take that method", "Use one of the methods that the `Allow` header lists."
    )
    HTTP_TIMEOUT = Entry(
        408,
        "The request took too long to arrive",
        "Send the body at once, over a steadier connection.",
        retryable=True,
    )
    HTTP_TOO_LARGE = Entry(
        413, "The body is too large", "Send less; `detail` names the limit where it is not 1 MiB."
    )
    HTTP_RANGE_NOT_SATISFIABLE = Entry(
        416, "The file does not have this part", "Ask for a part within what `Content-Range` tells."
    )
    HTTP_UNSUPPORTED_MEDIA_TYPE = Entry(
        415,
        "The body has a media type that is not understood",
        "Send one of the media types that the `Accept` header of the answer lists.",
    )
    HTTP_HEADERS_TOO_LARGE = Entry(
        431,
        "The headers are too large",
        "Send fewer and shorter headers and a shorter address; the limit is `HASTECRM_REQUEST_HEAD_SIZE`.",
    )
    HTTP_RATE_LIMITED = Entry(
        429,
        "Too many requests from this client",
        "Wait for `Retry-After` seconds; `RateLimit-Remaining` says how many requests may follow at once.",
        retryable=True,
    )
    HTTP_REJECTED = Entry(
        400,
        "The request was rejected",
        "Read `detail`: it names the part of the request that the server does not take.",
    )
    SYS_UNEXPECTED = Entry(
        500,
        "Something went wrong on our side",
        "Report it with the `request_id`: the log has the cause under that id.",
    )
    SYS_DATABASE_UNAVAILABLE = Entry(
        503,
        "The database cannot be reached",
        "Wait for `Retry-After` seconds; whoever runs the CRM should look at PostgreSQL.",
        retryable=True,
    )
    SYS_MAINTENANCE = Entry(
        503,
        "The CRM is being maintained",
        "Wait for `Retry-After` seconds: data is being put in place; what was saved before is kept.",
        retryable=True,
    )
    SYS_OVERLOADED = Entry(
        503,
        "Too many requests at once",
        "Wait for `Retry-After` seconds and send less at once; more replicas or a larger pool help.",
        retryable=True,
    )
    SYS_FILES_UNAVAILABLE = Entry(
        503, "Files cannot be reached", "Wait; `HASTECRM_FILES_URL` says where they are.", retryable=True
    )
    SYS_CONFLICT = Entry(
        503,
        "Many requests change the same record at once",
        "Wait for `Retry-After` seconds and send it again: nothing was changed.",
        retryable=True,
    )
    SYS_NOT_READY = Entry(
        503,
        "The service is not ready",
        "Wait: the instance is starting or stopping, or lacks what `detail` names.",
        retryable=True,
    )
    SYS_UPSTREAM_UNAVAILABLE = Entry(
        503,
        "A service that this one needs cannot be reached",
        "Wait for `Retry-After` seconds; whoever runs the CRM should look at the API pods.",
        retryable=True,
    )
    SYS_TIMEOUT = Entry(
        504,
        "The request took too long",
        "Try again later with less work in one request; the limit is `HASTECRM_REQUEST_TIMEOUT`.",
        retryable=True,
    )
    SYS_MAIL_UNAVAILABLE = Entry(
        503,
        "This installation cannot send mail",
        "Whoever runs the CRM should set `HASTECRM_MAIL_HOST` and what belongs to it.",
    )
    SYS_AI_UNAVAILABLE = Entry(
        503,
        "This installation has no language model",
        "Whoever runs the CRM should set `HASTECRM_AI_URL` and `HASTECRM_AI_MODEL`.",
    )
    SYS_DATABASE_TIMEOUT = Entry(
        504,
        "The database took too long to answer",
        "Try again later with less work in one request; the statement limit is `HASTECRM_STATEMENT_TIMEOUT`.",
        retryable=True,
    )
