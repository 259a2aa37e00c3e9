"""Whatever happens in whatever order, nobody is locked out, and in the end new credentials are in use."""

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.rotation import Part, Sight, Wishes, decide
from hastecrm_operator.resources.rotation import (
    ANNOUNCING,
    IDLE,
    RECOVERING,
    SWITCHING,
    Mark,
    announced,
    new_values,
    recovered,
    stored,
    switched,
)
from hastecrm_operator.resources.secrets import EXCLUSIVE, SecretTemplate

KEYS = SecretTemplate({"metadata": {"name": "keys"}}, ("secretKey", "accessToken"))
DATABASE = SecretTemplate({"metadata": {"name": "database"}}, ("username", "password"))
OVERLAP = timedelta(days=7)
Values = dict[str, str]


@dataclass
class Pod:
    """What a pod was started for, and what it read when it (last) started."""

    credentials: str
    keys: Values
    database: Values
    was_let_in: bool = True


class Server:
    """A database server that learns of its Secret late."""

    def __init__(self, values: Values) -> None:
        self.passwords: dict[str, str] = {}
        self.follow(values)

    def follow(self, values: Values) -> None:
        """Apply the Secret as keep-credentials does at a moment at which nobody has a session."""
        named = {values["username"]: values["password"]}
        if "otherUsername" in values:
            named[values["otherUsername"]] = values["otherPassword"]
        self.passwords |= named
        if EXCLUSIVE in values:
            self.passwords = named

    def lets_in(self, values: Values) -> bool:
        return self.passwords.get(values["username"]) == values["password"]


class Rotations(RuleBasedStateMachine):
    """An operator that may die after any write, servers and pods that follow when they like."""

    def __init__(self) -> None:
        super().__init__()
        numbers = itertools.count(1)
        self.generate = lambda: f"{next(numbers)}-made"
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.request = ""
        self.hurried = False
        self.losses = 0
        born = Mark(made=text(self.now))
        self.marks = {"keys": born, "database": born}
        self.values = {
            "keys": stored(KEYS, IDLE, new_values(KEYS, "", self.generate)),
            "database": stored(DATABASE, IDLE, new_values(DATABASE, "hastecrm_a", self.generate)),
        }
        self.first = dict(self.values)
        self.server = Server(self.values["database"])
        self.proven = ""
        self.target = self.wanted()
        self.signed: dict[str, datetime] = {}
        self.pods = [self.started() for _ in range(3)]

    def wanted(self) -> str:
        read = [self.values[t.name].get(key, "") for t in (KEYS, DATABASE) for key in t.for_pods]
        return "/".join(read)

    def started(self) -> Pod:
        database = self.values["database"]
        return Pod(self.target, self.values["keys"], database, self.server.lets_in(database))

    def sight(self) -> Sight:
        current = {pod.credentials for pod in self.pods} == {self.target} == {self.wanted()}
        # A pod is ready only when the database lets it in, and a rollout is complete only when all are ready.
        rolled = current and all(self.server.lets_in(pod.database) for pod in self.pods)
        parts = {"keys": Part(self.marks["keys"], signs=True), "database": Part(self.marks["database"])}
        return Sight(parts, rolled=rolled, proven=self.proven == self.marks["database"].since)

    @rule(survives=st.integers(0, 3))
    def operator_looks(self, survives: int) -> None:
        """Take the steps that are due, but die after so many writes."""
        steps = decide(self.sight(), Wishes(request=self.request, overlap=OVERLAP), self.now)
        for name, mark in list(steps.items())[:survives]:
            template, values = {"keys": KEYS, "database": DATABASE}[name], self.values[name]
            if mark.phase == ANNOUNCING:
                values = announced(values, template, self.generate)
            elif mark.phase == SWITCHING:
                values = switched(values, template)
            self.marks[name], self.values[name] = mark, stored(template, mark.phase, values)
        if survives > len(steps):
            self.target = self.wanted()

    @rule()
    def somebody_asks_for_a_rotation(self) -> None:
        self.hurried |= self.marks["keys"].phase != IDLE
        self.request = text(self.now) + self.generate()

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def server_follows(self) -> None:
        self.server.follow(self.values["database"])

    @precondition(lambda self: self.marks["database"].phase == ANNOUNCING)
    @rule()
    def proof_is_tried(self) -> None:
        values = self.values["database"]
        if self.server.lets_in({"username": values["otherUsername"], "password": values["otherPassword"]}):
            self.proven = self.marks["database"].since

    @rule(index=st.integers(0, 2))
    def pod_is_replaced(self, index: int) -> None:
        self.pods[index] = self.started()

    @rule()
    def all_pods_are_replaced(self) -> None:
        self.pods = [self.started() for _ in self.pods]

    @rule(index=st.integers(0, 2))
    def container_restarts(self, index: int) -> None:
        self.pods[index] = replace(self.started(), credentials=self.pods[index].credentials)

    @precondition(lambda self: self.losses < 2)
    @rule()
    def database_secret_is_deleted(self) -> None:
        self.losses += 1
        self.marks["database"] = self.marks["database"].moved(RECOVERING, text(self.now))
        self.values["database"] = stored(DATABASE, RECOVERING, recovered({}, DATABASE, self.generate))

    @invariant()
    def who_was_let_in_is_let_in(self) -> None:
        for pod in self.pods:
            assert not pod.was_let_in or self.server.lets_in(pod.database)
            pod.was_let_in = self.server.lets_in(pod.database)

    @invariant()
    def every_pod_is_let_in_unless_the_secret_was_lost(self) -> None:
        assert self.marks["database"].phase == RECOVERING or all(pod.was_let_in for pod in self.pods)

    @invariant()
    def every_pod_accepts_what_every_other_signs(self) -> None:
        for signer, reader in itertools.product(self.pods, self.pods):
            assert signer.keys["secretKey"] in {
                reader.keys["secretKey"],
                reader.keys.get("secretKeyPrevious"),
            }

    @invariant()
    def sessions_survive(self) -> None:
        """What any pod has signed is accepted by all for as long as sessions live."""
        self.signed |= {pod.keys["secretKey"]: self.now for pod in self.pods}
        young = {key for key, when in self.signed.items() if self.now - when < OVERLAP}
        for pod in self.pods:
            known = {pod.keys["secretKey"], pod.keys.get("secretKeyPrevious")}
            assert self.hurried or young <= known

    def teardown(self) -> None:
        for _ in range(30):
            self.operator_looks(9)
            self.server_follows()
            if self.marks["database"].phase == ANNOUNCING:
                self.proof_is_tried()
            for index in range(3):
                self.pod_is_replaced(index)
            self.now += timedelta(days=1)
        assert {mark.phase for mark in self.marks.values()} == {IDLE}
        if self.request:
            for name, before in self.first.items():
                secret = {"password", "secretKey", "accessToken"} & before.keys()
                assert not any(self.values[name][key] == before[key] for key in secret)
        assert self.server.passwords.keys() == {self.values["database"]["username"]}


TestRotations = Rotations.TestCase
TestRotations.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
