"""Who asks for passkeys: the portal's own address."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.passkeys import RelyingParty
from web.cookies import settings_of


@dataclass(frozen=True, slots=True)
class PortalParty(RelyingParty):
    """The portal as browsers know it. Passkeys belong to a name: at a bare address there are none.

    ``seen_at_address``: this browser asked for the portal by an address on the network, not by its name.
    """

    seen_at_address: bool = False

    @property
    def works(self) -> bool:
        """Whether browsers make passkeys for the portal."""
        return not _is_address(self.id)

    @property
    def works_here(self) -> bool:
        """Whether this browser does, where it is. Only of the own machine it is known what it asked for:

        elsewhere a proxy may have put an address in place of the name in the address bar.
        """
        return self.works and not (self.id == "localhost" and self.seen_at_address)


def relying_party(request: Request) -> PortalParty:
    """Return the portal's host and origin, as the settings say, whatever the request claims."""
    parts = urlsplit(settings_of(request).portal_url)
    seen = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return PortalParty(
        parts.hostname or "", f"{parts.scheme}://{parts.netloc}", seen_at_address=_is_address(seen)
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def options_answer(options: str) -> Response:
    """Answer a script of ours with what the browser needs."""
    return Response(options, media_type="application/json")
