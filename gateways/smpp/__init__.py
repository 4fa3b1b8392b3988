"""SMS over SMPP 3.4: one ``SmppLink`` per carrier, one ``SmppProfile`` for its dialect."""

from gateways.smpp.link import LinkState, SmppLink
from gateways.smpp.profiles import PROFILES, Concat, DestinationForm, SmppProfile

__all__ = ["PROFILES", "Concat", "DestinationForm", "LinkState", "SmppLink", "SmppProfile"]
