"""Whether the public gets in: what is seen of an Ingress or an HTTPRoute, and what that means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Access
from hastecrm_operator.engine.verdict import Verdict, no, unknown, yes
from hastecrm_operator.resources.public_url import public_url

JSON = Mapping[str, Any]
# What a Gateway must say of a route, and the way out where it says no.
_WAYS_OUT = {
    "Accepted": "see spec.access.gateway.parentRefs, spec.host and the listeners of that Gateway",
    "ResolvedRefs": "see whether the Services of this object exist and the Gateway may refer to them",
}
_ONCE_SET = (
    "if none comes although people get in, the controller does not report addresses and all is well; "
    "otherwise see spec.access.ingress.className and `kubectl get ingressclass`"
)


@dataclass(frozen=True, slots=True)
class IngressState:
    """The address that a controller has given an Ingress, if it has."""

    address: str = ""


@dataclass(frozen=True, slots=True)
class RouteState:
    """How many Gateways carry a route, and what the others have against it."""

    accepted: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    """(reason, sentence) of each Gateway that refuses."""


Exposure = IngressState | RouteState


def ingress_state(live: JSON) -> IngressState:
    """Return what is remembered of a live Ingress."""
    balancers = live.get("status", {}).get("loadBalancer", {}).get("ingress", ())
    found = (entry.get("hostname") or entry.get("ip", "") for entry in balancers)
    return IngressState(next((address for address in found if address), ""))


def route_state(live: JSON) -> RouteState:
    """Return what is remembered of a live HTTPRoute; what Gateways said of an earlier spec is nothing."""
    answers = [_answer(parent, live) for parent in live.get("status", {}).get("parents", ())]
    problems = sorted(problem for answer in answers for problem in answer["problems"])
    return RouteState(sum(1 for answer in answers if answer["carried"]), tuple(problems))


def _answer(parent: JSON, live: JSON) -> dict[str, Any]:
    said = {
        c["type"]: c
        for c in parent.get("conditions", ())
        if c.get("observedGeneration", 0) >= live["metadata"].get("generation", 0)
    }
    refused = [said[t] for t in _WAYS_OUT if t in said and said[t]["status"] == "False"]
    accepted = said.get("Accepted", {}).get("status") == "True"
    return {
        "carried": accepted and not refused,
        "problems": [(c["reason"], _sentence(parent["parentRef"], c)) for c in refused],
    }


def _sentence(reference: JSON, condition: JSON) -> str:
    said = condition.get("message", "").rstrip(".")
    return f"Gateway {reference['name']!r} refuses the route: {said}; {_WAYS_OUT[condition['type']]}"


def access_verdict(crm: HasteCRM, seen: Exposure | None) -> Verdict | None:
    """Return whether the public gets in; None if the object asks for no access."""
    if crm.spec.access is None:
        return None
    if crm.spec.access.gateway:
        state = seen if isinstance(seen, RouteState) else RouteState()
        return _of_route(crm, state, wanted=len(crm.spec.access.gateway.parent_refs))
    return _of_ingress(crm, seen if isinstance(seen, IngressState) else IngressState())


def _of_ingress(crm: HasteCRM, seen: IngressState) -> Verdict:
    if seen.address:
        return yes(Access.ADDRESS_ASSIGNED, f"{public_url(crm)} is served at {seen.address}")
    return unknown(Access.NO_ADDRESS_YET, f"no controller has given the Ingress an address yet; {_ONCE_SET}")


def _of_route(crm: HasteCRM, seen: RouteState, wanted: int) -> Verdict:
    if seen.problems:
        return no(*seen.problems[0])
    if seen.accepted >= wanted:
        return yes(Access.ACCEPTED, f"{public_url(crm)} is served by every Gateway that was asked for")
    message = (
        f"{seen.accepted} of {wanted} Gateways carry the route so far; if this lasts, see whether "
        "those of spec.access.gateway.parentRefs exist and a controller serves them"
    )
    return unknown(Access.NO_ANSWER_YET, message)
