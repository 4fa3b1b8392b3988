"""Misdelivery prevention over CAMARA Number Recycling (docs/carriers.md §3)."""

from gateways.number_recycling.breaker import CircuitPosition, CircuitState
from gateways.number_recycling.client import (
    CIRCUIT_OPEN,
    UNREADABLE,
    NumberRecyclingClient,
    NumberRecyclingState,
    RecyclingResult,
)

__all__ = [
    "CIRCUIT_OPEN",
    "UNREADABLE",
    "CircuitPosition",
    "CircuitState",
    "NumberRecyclingClient",
    "NumberRecyclingState",
    "RecyclingResult",
]
