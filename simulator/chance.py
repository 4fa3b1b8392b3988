"""Chance without a shared stream: what a message meets follows from the seed and the message alone.

A stream of random numbers would give the next number to whoever asks next, so that two runs with the
same seed differ as soon as messages overtake each other. Here every decision is a hash of the seed, of
what it is about and of its name.
"""

import hashlib
from collections import Counter, OrderedDict
from typing import Any

_SCALE = 2.0**64


class Fate:
    """Every decision about one message, or about one event of a link.

    faults: the rates that hold for the carrier, read at the moment of the decision. met: counts the
    faults that happened, by name.
    """

    __slots__ = ("_faults", "_met", "key")

    def __init__(self, key: str, faults: Any, met: Counter[str]) -> None:
        self.key = key
        self._faults = faults
        self._met = met

    def meets(self, name: str, part: object = "") -> bool:
        """Whether the fault `name` (a ..._rate) happens; part: which of several, such as a receipt."""
        rate: float = getattr(self._faults, name)
        if rate <= 0.0 or self.draw(f"{name}/{part}") >= rate:
            return False
        self._met[name] += 1
        return True

    def draw(self, name: str) -> float:
        """A number from 0 to below 1, always the same for the same name."""
        octets = hashlib.blake2b(name.encode(), key=self.key.encode(), digest_size=8).digest()
        return int.from_bytes(octets, "big") / _SCALE

    def between(self, low: float, high: float, name: str) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.draw(name)

    def pick(self, choices: tuple[str, ...], name: str) -> str:
        """One of the choices."""
        return choices[int(self.draw(name) * len(choices))]


class Chance:
    """Makes keys of fates. The n-th same submit, and the n-th event of a kind, has a key of its own."""

    def __init__(self, seed: int, remembered: int) -> None:
        self._seed = str(seed).encode()
        self._remembered = remembered
        self._seen: OrderedDict[str, int] = OrderedDict()

    def next_key(self, *about: str | bytes | int) -> str:
        """The key of what is described by `about`, told apart from earlier ones of the same description."""
        digest = hashlib.blake2b(key=self._seed[:64], digest_size=12)
        for part in about:
            octets = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            digest.update(len(octets).to_bytes(4, "big") + octets)
        key = digest.hexdigest()
        count = self._seen.pop(key, 0) + 1
        self._seen[key] = count
        if len(self._seen) > self._remembered:
            self._seen.popitem(last=False)
        return f"{key}.{count}"

    def reset(self) -> None:
        """Count from the beginning again: the same run meets the same faults."""
        self._seen.clear()
