"""How large a posted page may be, before anything of it is read."""

import re

from web.public_routes import PUBLIC_ROUTES
from web.settings import WebSettings

# What anybody can post to: login id, password, code.
PUBLIC_FORM_BYTES = 64 * 1024
# Signed in: four texts of 2,730 characters at nine bytes each, with room for what is refused with a word.
FORM_BYTES = 256 * 1024
# Beside the file: the other fields and what stands between them.
_AROUND_A_FILE = 64 * 1024

_PUBLIC_PATHS = frozenset(path for _, path in PUBLIC_ROUTES)
# A list of recipients, as a file or typed: ``RecipientsForm``; a scheduled send's can be replaced as well.
_UPLOADS = re.compile(r"/campaigns/(new|[^/]+/(recipients|edit))")


def page_body_limit(path: str, settings: WebSettings) -> int:
    """Return how many bytes may be posted to an address of the portal."""
    if _UPLOADS.fullmatch(path):
        return settings.max_upload_bytes + _AROUND_A_FILE
    return PUBLIC_FORM_BYTES if path in _PUBLIC_PATHS else FORM_BYTES
