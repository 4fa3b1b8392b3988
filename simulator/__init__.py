"""The carriers: four SMSCs, three MaaP endpoints and the number-recycling directory in one process.

Shares no code with the platform; see docs/simulator.md.
"""

from simulator.app import PortUnavailable, Simulator
from simulator.settings import Settings

__all__ = ["PortUnavailable", "Settings", "Simulator"]
