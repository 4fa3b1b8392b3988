"""Official accounts as the MaaP knows them: only what the subscriber listing needs."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_GENERATED_SINCE = "2026-01-01T00:00:00.000Z"


@dataclass(slots=True)
class Bot:
    """subscribers: national number to ISO time; generated: so many more made-up ones are listed."""

    allow_subscribers: bool = False
    subscribers: dict[str, str] = field(default_factory=dict)
    generated: int = 0

    @property
    def total(self) -> int:
        """How many subscribers a full listing has."""
        return len(self.subscribers) + self.generated

    def page(self, start: int, limit: int) -> list[tuple[str, str]]:
        """(national number, subscribed at) from position `start` on."""
        known = list(self.subscribers.items())
        rows = known[start : start + limit]
        first = max(start, len(known)) - len(known)
        last = min(start + limit - len(known), self.generated)
        # 080-1xxx-xxxx: ordinary docomo handsets, every second with the app.
        rows += [(f"0801{position:07d}", _GENERATED_SINCE) for position in range(first, last)]
        return rows


class Bots:
    """Bots by carrier and id; unknown ones have the defaults. Kept in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bots: dict[str, Bot] = {}
        if path.exists():
            self._bots = {key: Bot(**row) for key, row in json.loads(path.read_text()).items()}

    def get(self, carrier: str, bot_id: str) -> Bot:
        """The bot, made up when unknown."""
        return self._bots.get(f"{carrier}/{bot_id}") or Bot()

    def put(self, carrier: str, bot_id: str, bot: Bot) -> None:
        """Store a bot."""
        self._bots[f"{carrier}/{bot_id}"] = bot
        self.save()

    def save(self) -> None:
        """Write all bots, atomically."""
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps({key: asdict(bot) for key, bot in self._bots.items()}))
        os.replace(temporary, self._path)

    def reset(self) -> None:
        """Forget all bots."""
        self._bots.clear()
        self._path.unlink(missing_ok=True)

    def as_json(self) -> dict[str, Any]:
        """Bots by carrier/id, without their subscribers' numbers."""
        return {
            key: {"allow_subscribers": bot.allow_subscribers, "total": bot.total}
            for key, bot in self._bots.items()
        }
