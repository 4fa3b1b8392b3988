"""Our gateways and the simulator against programs that we did not write (docs/carriers.md §1.4).

A peer that this machine does not have is skipped, with the reason in pytest's summary.
"""
