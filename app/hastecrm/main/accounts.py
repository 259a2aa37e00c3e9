"""Wires accounts: what lets people in, and what the worker does for them."""

from dataclasses import dataclass

from aiohttp import web
from prometheus_client import Counter

from hastecrm.core.authentication import Sessions, Verifier
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.keys import KeyRing
from hastecrm.core.mail import outbox_of
from hastecrm.core.metrics import Metrics
from hastecrm.core.passwords import Passwords
from hastecrm.core.sealing import Sealer
from hastecrm.core.tokens import AccessTokens
from hastecrm.features.accounts.routes import AccountRoutes
from hastecrm.features.accounts.service.mailroom import Mailroom
from hastecrm.features.accounts.service.profile import ProfileService, Setup
from hastecrm.features.accounts.service.recovery import RecoveryService
from hastecrm.features.accounts.service.refresh_tokens import RefreshTokens
from hastecrm.features.accounts.service.registration import RegistrationService
from hastecrm.features.accounts.service.sessions import Limits, SessionService, Standing
from hastecrm.features.accounts.service.sign_in import Outcome, SecondFactor, SignInService
from hastecrm.features.accounts.service.sign_up import Links, SignUpService
from hastecrm.features.accounts.service.throttle import Throttle
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.workspaces.domain import proves_address
from hastecrm.features.workspaces.repository.invitations import Invitations
from hastecrm.features.workspaces.service.invitations import AdmissionService
from hastecrm.main.serving import Role

REMEMBERED_SECONDS = 5.0  # how long a session may outlive its end in another process


@dataclass(frozen=True, slots=True)
class Accounts:
    """What lets people in: the pieces that others are wired to."""

    tokens: Verifier
    known: Sessions
    sessions: SessionService
    passwords: Passwords
    routes: AccountRoutes

    @classmethod
    def of(cls, role: Role, database: Database, second_factor: SecondFactor) -> "Accounts":
        """Build them; `second_factor` is asked after the password."""
        settings = role.settings
        tokens, standing = AccessTokens.of(settings), Standing(database, Limits.of(settings), utc_now)
        known = Sessions(standing, REMEMBERED_SECONDS)
        ring = KeyRing.of(settings, "refresh tokens")
        sessions = SessionService(standing, tokens, RefreshTokens(ring), known)
        passwords, throttle = Passwords(), Throttle(database, utc_now)
        mailroom = Mailroom.of(settings, outbox_of(settings), utc_now)
        recovery = RecoveryService(database, mailroom, passwords, sessions, utc_now)
        sign_in = SignInService(database, throttle, passwords, sessions, second_factor)
        if settings.email_verification:
            sign_in.verification = recovery.send_verification
        _watch(role.metrics, sign_in, passwords)
        profile = ProfileService(database, throttle, passwords, sessions, mailroom)
        set_up = Setup(database, passwords, utc_now, DEFAULT_WORKSPACE)
        admission = AdmissionService(Invitations(database), utc_now, known)
        registration = RegistrationService(database, _Invited(admission), passwords, sessions, utc_now)
        links = Links(Sealer.of(settings), utc_now)
        is_open = settings.signup == "open"
        sign_up = SignUpService(database, mailroom, links, passwords, sessions, is_open)
        routes = AccountRoutes(set_up, registration, sign_up, sign_in, sessions, recovery, profile)
        return cls(tokens, known, sessions, passwords, routes)

    @property
    def people(self) -> tuple[Verifier, Sessions]:
        """What an `Authenticator` asks about people."""
        return self.tokens, self.known

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        self.routes.add_to(app)

        async def close(_app: web.Application) -> None:
            await self.passwords.close()

        app.on_cleanup.append(close)


@dataclass(frozen=True, slots=True)
class _Invited:
    """Invitations, as far as registering needs to know them."""

    admission: AdmissionService

    async def address_of(self, token: str) -> tuple[str, bool]:
        """Return the address that a token is for, and whether only its mail can have brought it."""
        return (await self.admission.look(token)).email, proves_address(token)


def _watch(metrics: Metrics, sign_in: SignInService, passwords: Passwords) -> None:
    counter = Counter(
        "hastecrm_sign_ins", "Tries to sign in, by how they ended.", ["outcome"], registry=metrics.registry
    )
    for outcome in Outcome:
        counter.labels(outcome)
    sign_in.tell = lambda outcome: counter.labels(outcome).inc()
    admission = passwords.admission
    metrics.watch("hastecrm_passwords_waiting", "Hashes that wait for a thread.", lambda: admission.waiting)
    metrics.count("hastecrm_passwords_shed", "Hashes refused, the queue was full.", lambda: admission.shed)
