"""Opening an address as the handset's browser would, only on this machine, only when told to."""

import re
from dataclasses import dataclass
from html import unescape

import httpx

from simulator.pages.content import is_loopback

_MOST_STEPS = 5
_SECONDS = 5.0
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One request: its address and what was answered."""

    address: str
    answer: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Where an address led. outside: the last redirect leaves this machine and was not followed."""

    steps: tuple[Step, ...]
    title: str = ""
    outside: str = ""


async def open_address(address: str) -> Opened:
    """GET an address of this machine and follow redirects as long as they stay on it; never raises."""
    steps: list[Step] = []
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        while len(steps) < _MOST_STEPS:
            try:
                answer = await client.get(address, headers={"accept-language": "ja"})
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                steps.append(Step(address, f"開けませんでした（{type(error).__name__}）"))
                break
            steps.append(Step(address, f"{answer.status_code} {answer.reason_phrase}"))
            if answer.next_request is None:
                found = _TITLE.search(answer.text[:100_000])
                return Opened(tuple(steps), unescape(found[1]).strip() if found else "")
            address = str(answer.next_request.url)
            if not is_loopback(address):
                return Opened(tuple(steps), outside=address)
    return Opened(tuple(steps))
