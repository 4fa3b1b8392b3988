"""OAuth 2.0 client credentials of one MaaP endpoint."""

import base64
import binascii
import hmac
import secrets
import time
from urllib.parse import parse_qs, unquote


class OAuthError(Exception):
    """A refused token request: HTTP status and the error word of RFC 6749."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class TokenIssuer:
    """Issues and checks bearer tokens; they live in memory only, so a restart ends them all."""

    def __init__(self, client_id: str, client_secret: str, lifetime: int) -> None:
        self._expected = f"{client_id}:{client_secret}".encode()
        self._lifetime = lifetime
        self._tokens: dict[str, float] = {}

    def issue(self, authorization: str, form: str) -> dict[str, str | int]:
        """Answer a token request. Raises OAuthError.

        authorization: the Basic header; form: the urlencoded body with grant_type and scope.
        """
        if not hmac.compare_digest(_basic(authorization), self._expected):
            raise OAuthError(401, "invalid_client")
        fields = parse_qs(form)
        if fields.get("grant_type") != ["client_credentials"]:
            raise OAuthError(400, "unsupported_grant_type")
        if "botmessage" not in " ".join(fields.get("scope", ["botmessage"])).split():
            raise OAuthError(400, "invalid_scope")
        now = time.time()
        self._tokens = {token: expiry for token, expiry in self._tokens.items() if expiry > now}
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + self._lifetime
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self._lifetime,
            "scope": "botmessage",
        }

    def accepts(self, authorization: str) -> bool:
        """Whether the header holds a token of this endpoint that has not expired."""
        return authorization[:7] == "Bearer " and self._tokens.get(authorization[7:], 0.0) > time.time()

    def revoke_all(self) -> None:
        """End every token."""
        self._tokens.clear()


def _basic(authorization: str) -> bytes:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    # RFC 6749 wants both halves urlencoded first; many clients do not bother.
    return decoded if b"%" not in decoded else unquote(decoded.decode("utf-8", "replace")).encode()
