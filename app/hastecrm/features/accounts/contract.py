"""What the addresses of accounts promise to clients; `routes` keeps it, the OpenAPI document says it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Open
from hastecrm.core.rate_limit.limiter import Zone
from hastecrm.features.accounts.schemas import (
    Forgotten,
    Login,
    MePatch,
    PasswordChange,
    Refresh,
    Register,
    Reset,
    SetUp,
    ShownEnded,
    ShownMe,
    ShownSessions,
    ShownSignIn,
    ShownTokens,
    ShownUser,
    SignUp,
    SignUpAsked,
    Verify,
)

AUTH: Final = "/api/v1/auth"
ME: Final = "/api/v1/me"
_PERSONS_ONLY: Final = (Code.AUTH_FORBIDDEN,)  # the installation's own token stands for no person
_SESSION = Parameter("id", "path", "The session's id.", UUID_SCHEMA)

SET_UP = Operation(
    "setUp",
    "POST",
    f"{AUTH}/setup",
    "Make the first owner, with the installation's access token",
    [Reply(201, "The owner", ShownUser)],
    Open.SIGNED_IN,
    body=SetUp,
    codes=[Code.AUTH_FORBIDDEN, Code.BIZ_SETUP_DONE, Code.BIZ_DUPLICATE],
    zone=Zone.AUTH,
)
REGISTER = Operation(
    "register",
    "POST",
    f"{AUTH}/register",
    "Make an account with the token of an invitation, which can then be accepted",
    [Reply(201, "The tokens of a first session", ShownSignIn)],
    Open.PUBLIC,
    body=Register,
    codes=[
        Code.BIZ_INVITATION_UNKNOWN,
        Code.BIZ_INVITATION_USED,
        Code.BIZ_INVITATION_EXPIRED,
        Code.BIZ_DUPLICATE,
    ],
    zone=Zone.AUTH,
)
ASK_SIGN_UP = Operation(
    "askSignUp",
    "POST",
    f"{AUTH}/signup",
    "Have a link sent with which to make an account and a workspace, where anybody may",
    [Reply(202, "A mail is on its way, which says more")],
    Open.PUBLIC,
    body=SignUpAsked,
    codes=[Code.AUTH_FORBIDDEN, Code.SYS_MAIL_UNAVAILABLE],
    zone=Zone.AUTH,
)
SIGN_UP = Operation(
    "signUp",
    "POST",
    f"{AUTH}/signup/finish",
    "Make an account and a workspace with the token of a mailed link",
    [Reply(201, "The tokens of a first session", ShownSignIn)],
    Open.PUBLIC,
    body=SignUp,
    codes=[Code.AUTH_FORBIDDEN, Code.AUTH_LINK_INVALID, Code.BIZ_DUPLICATE],
    zone=Zone.AUTH,
)
LOG_IN = Operation(
    "logIn",
    "POST",
    f"{AUTH}/login",
    "Sign in with a password",
    [Reply(200, "The tokens of a new session", ShownSignIn)],
    Open.PUBLIC,
    body=Login,
    codes=[
        Code.AUTH_INVALID_CREDENTIALS,
        Code.AUTH_ACCOUNT_LOCKED,
        Code.AUTH_TWO_FACTOR_REQUIRED,
        Code.AUTH_TWO_FACTOR_INVALID,
        Code.AUTH_EMAIL_NOT_VERIFIED,
        Code.SYS_MAIL_UNAVAILABLE,
    ],
    zone=Zone.AUTH,
)
REFRESH = Operation(
    "refreshTokens",
    "POST",
    f"{AUTH}/refresh",
    "Exchange a refresh token, which is used up, for new tokens",
    [Reply(200, "The next tokens of the session", ShownTokens)],
    Open.PUBLIC,
    body=Refresh,
    codes=[Code.AUTH_SESSION_EXPIRED],
    zone=Zone.AUTH,
)
LOG_OUT = Operation(
    "logOut",
    "POST",
    f"{AUTH}/logout",
    "End this session",
    [Reply(204, "It has ended")],
    Open.SIGNED_IN,
    codes=_PERSONS_ONLY,
)
FORGOT = Operation(
    "forgotPassword",
    "POST",
    f"{AUTH}/password/forgot",
    "Have a link to a new password sent",
    [Reply(202, "If the address has an account, a mail is on its way")],
    Open.PUBLIC,
    body=Forgotten,
    codes=[Code.SYS_MAIL_UNAVAILABLE],
    zone=Zone.AUTH,
)
RESET = Operation(
    "resetPassword",
    "POST",
    f"{AUTH}/password/reset",
    "Set a new password with the token of a mailed link; ends all sessions",
    [Reply(204, "It is set")],
    Open.PUBLIC,
    body=Reset,
    codes=[Code.AUTH_LINK_INVALID],
    zone=Zone.AUTH,
)
VERIFY = Operation(
    "verifyEmail",
    "POST",
    f"{AUTH}/email/verify",
    "Confirm an e-mail address with the token of a mailed link",
    [Reply(204, "It is confirmed")],
    Open.PUBLIC,
    body=Verify,
    codes=[Code.AUTH_LINK_INVALID],
    zone=Zone.AUTH,
)
SHOW_ME = Operation(
    "showMe",
    "GET",
    ME,
    "Show one's own account",
    [Reply(200, "The account", ShownMe)],
    Open.SIGNED_IN,
    codes=_PERSONS_ONLY,
)
CHANGE_ME = Operation(
    "changeMe",
    "PATCH",
    ME,
    "Change the fields that are sent",
    [Reply(200, "The account", ShownMe)],
    Open.SIGNED_IN,
    body=MePatch,
    media_types=("application/json", "application/merge-patch+json"),
    codes=_PERSONS_ONLY,
)
CHANGE_PASSWORD = Operation(
    "changePassword",
    "POST",
    f"{ME}/password",
    "Change one's password; ends the other sessions",
    [Reply(204, "It is changed")],
    Open.SIGNED_IN,
    body=PasswordChange,
    codes=[*_PERSONS_ONLY, Code.AUTH_ACCOUNT_LOCKED],
    zone=Zone.AUTH,
)
ASK_VERIFICATION = Operation(
    "askEmailVerification",
    "POST",
    f"{ME}/email/verification",
    "Have a link sent that confirms one's e-mail address",
    [Reply(202, "If the address is not confirmed yet, a mail is on its way")],
    Open.SIGNED_IN,
    codes=[*_PERSONS_ONLY, Code.SYS_MAIL_UNAVAILABLE],
    zone=Zone.AUTH,
)
LIST_SESSIONS = Operation(
    "listSessions",
    "GET",
    f"{ME}/sessions",
    "List where one is signed in, the newest use first",
    [Reply(200, "The sessions", ShownSessions)],
    Open.SIGNED_IN,
    codes=_PERSONS_ONLY,
)
END_SESSION = Operation(
    "endSession",
    "DELETE",
    f"{ME}/sessions/{{id}}",
    "End one session",
    [Reply(204, "It has ended")],
    Open.SIGNED_IN,
    parameters=[_SESSION],
    codes=[*_PERSONS_ONLY, Code.BIZ_NOT_FOUND],
)
END_SESSIONS = Operation(
    "endOtherSessions",
    "DELETE",
    f"{ME}/sessions",
    "End all sessions but this one",
    [Reply(200, "How many have ended", ShownEnded)],
    Open.SIGNED_IN,
    codes=_PERSONS_ONLY,
)
OPERATIONS: Final = (
    SET_UP,
    REGISTER,
    ASK_SIGN_UP,
    SIGN_UP,
    LOG_IN,
    REFRESH,
    LOG_OUT,
    FORGOT,
    RESET,
    VERIFY,
    SHOW_ME,
    CHANGE_ME,
    CHANGE_PASSWORD,
    ASK_VERIFICATION,
    LIST_SESSIONS,
    END_SESSION,
    END_SESSIONS,
)
