"""Receipts by the thousand that belong to nobody."""

from collections.abc import Callable

import httpx

from tests.e2e.faults import CARRIERS
from tests.soak.troubles.scene import NOTHING, Scene

# A handset that gets no message: its receipts are to be adopted by none.
_NOBODY = "07099990000"


class ReceiptFlood:
    """One carrier sends some thousand receipts at once, for ids nobody was given, and unreadable ones."""

    name = "receipt flood"
    loses = NOTHING
    seconds = (0.0, 0.0)

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        carrier = scene.random.choice(CARRIERS)
        url = f"{scene.stack.run['simulator_url']}/control/receipts/{carrier}"
        serial = scene.random.randrange(10**9)
        for number in range(20):
            flood = {"message_id": f"nobodys-{serial}-{number}", "number": _NOBODY, "count": 100}
            httpx.post(url, json=flood, timeout=30).raise_for_status()
        httpx.post(
            url, json={"form": "garbled", "number": _NOBODY, "count": 500}, timeout=30
        ).raise_for_status()
        return lambda: None
