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
    """The portal as browsers know it. Passkeys belong to a name: at a bare address there are none."""

    @property
    def works(self) -> bool:
        """Whether browsers make passkeys for this address."""
        try:
            ip_address(self.id)
        except ValueError:
            return True
        return False


def relying_party(request: Request) -> PortalParty:
    """Return the portal's host and origin, as the settings say, whatever the request claims."""
    parts = urlsplit(settings_of(request).portal_url)
    return PortalParty(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def options_answer(options: str) -> Response:
    """Answer a script of ours with what the browser needs."""
    return Response(options, media_type="application/json")
