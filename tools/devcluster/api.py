"""The few calls that the tool itself makes to a cluster's API server."""

import http.client
import json
import ssl
from typing import Any

from .layout import Addresses, Layout

_TIMEOUT_SECONDS = 5.0


class ApiError(Exception):
    """The API server refused a request, or could not be reached (status 0)."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}" if status else text)
        self.status = status


class Api:
    """The API server of one cluster, spoken to as its administrator."""

    def __init__(self, layout: Layout, addresses: Addresses) -> None:
        self._layout = layout
        self._addresses = addresses

    def is_ready(self) -> bool:
        """Return whether the API server says that it can serve."""
        try:
            return bool(self._request("GET", "/readyz") == "ok")
        except ApiError:
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object, or None if there is none or no API server."""
        try:
            found: dict[str, Any] = json.loads(self._request("GET", path))
        except ApiError:
            return None
        return found

    def apply(self, path: str, manifest: dict[str, Any]) -> None:
        """Create the object or bring it to what the manifest says (server-side apply)."""
        query = "?fieldManager=devcluster&force=true"
        self._request("PATCH", path + query, json.dumps(manifest), "application/apply-patch+yaml")

    def _request(
        self, method: str, path: str, body: str | None = None, kind: str = "application/json"
    ) -> str:
        try:
            connection = self._connect()
            connection.request(method, path, body, {"Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            connection.close()
        except (OSError, http.client.HTTPException) as exc:
            raise ApiError(0, str(exc)) from exc
        if answer.status >= 300:
            raise ApiError(answer.status, text[:500])
        return text

    def _connect(self) -> http.client.HTTPSConnection:
        pki = self._layout.pki
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        address = self._addresses
        return http.client.HTTPSConnection(
            address.node, address.api_port, timeout=_TIMEOUT_SECONDS, context=context
        )
