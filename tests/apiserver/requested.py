"""Backup and restore objects of a test: asked for, listed, waited for."""

import json
from collections.abc import Callable
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import as_json, kubectl

Objects = dict[str, dict[str, Any]]


def create(crm: CRM, body: dict[str, Any]) -> None:
    body["metadata"]["namespace"] = crm.namespace
    kubectl(crm.kubeconfig, "create", "-f", "-", stdin=json.dumps(body))


def objects(crm: CRM, kind: str) -> Objects:
    """Return all objects of a kind by name."""
    listed = as_json(crm.kubeconfig, "get", kind, "-n", crm.namespace)
    return {item["metadata"]["name"]: item for item in listed["items"]}


async def until(crm: CRM, kind: str, holds: Callable[[Objects], bool], **limit: float) -> Objects:
    await crm.until(lambda _: holds(objects(crm, kind)), **limit)
    return objects(crm, kind)


def phase(of: Objects, name: str) -> str:
    return of.get(name, {}).get("status", {}).get("phase", "")
