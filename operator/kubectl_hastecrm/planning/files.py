"""HasteCRM objects in a file or on standard input."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from hastecrm_operator.api import names
from hastecrm_operator.engine.cluster import JSON
from kubectl_hastecrm.problems import Exit, Problem


def objects_in(path: str, namespace: str) -> list[dict[str, Any]]:
    """Return the HasteCRM objects of a file ("-" = standard input); raises Problem for none."""
    found = [_placed(body, namespace) for body in _documents(path) if _is_crm(body)]
    if not found:
        raise Problem(f"{path} holds no {names.KIND} of {names.API_VERSION}", Exit.NOT_FOUND)
    return found


def _documents(path: str) -> Iterator[Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text()
        documents = list(yaml.safe_load_all(text))  # JSON is YAML
    except OSError as exc:
        raise Problem(f"{path} cannot be read: {exc.strerror}", Exit.NOT_FOUND) from exc
    except yaml.YAMLError as exc:
        raise Problem(f"{path} is no YAML: {exc}") from exc
    for document in documents:
        yield from document.get("items", [document]) if isinstance(document, dict) else ()


def _is_crm(body: JSON) -> bool:
    return (body.get("apiVersion"), body.get("kind")) == (names.API_VERSION, names.KIND)


def _placed(body: dict[str, Any], namespace: str) -> dict[str, Any]:
    if not (body.get("metadata") or {}).get("name"):
        raise Problem(f"a {names.KIND} without metadata.name cannot be planned: name it")
    return {**body, "metadata": {"namespace": namespace, **body["metadata"]}}
