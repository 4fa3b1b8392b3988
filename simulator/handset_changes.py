"""What may be changed at a handset, by the control API and by the pages."""

from dataclasses import replace
from typing import Any

from simulator.carriers import CARRIERS
from simulator.handsets import Handset
from simulator.number_recycling import month_index
from simulator.scenario_table import BY_NAME

_FIELDS = {"carrier", "app", "on", "auto_read", "scenario", "out_of_service_months"}


def changed_handset(handset: Handset, wishes: dict[str, Any]) -> Handset:
    """The handset with the wishes fulfilled. Raises ValueError on a wish that cannot be."""
    unknown = wishes.keys() - _FIELDS
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    carrier = wishes.get("carrier", handset.carrier)
    if carrier is not None and carrier not in CARRIERS:
        raise ValueError(f"carrier must be null or one of {', '.join(CARRIERS)}")
    switches = {name: wishes.get(name, getattr(handset, name)) for name in ("app", "on", "auto_read")}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise ValueError("app, on and auto_read must be true or false")
    scenario = BY_NAME.get(wishes.get("scenario", handset.scenario.name))
    if scenario is None:
        raise ValueError("no such scenario; GET /control/scenarios lists them")
    months = handset.months
    if "out_of_service_months" in wishes:
        months = _months(wishes["out_of_service_months"])
    # Rakuten runs no MaaP, so no handset of it can have the app.
    switches["app"] = switches["app"] and carrier != "rakuten"
    return replace(handset, carrier=carrier, scenario=scenario, months=months, **switches)


def _months(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(month, str) for month in value):
        raise ValueError('out_of_service_months must be a list of "YYYY-MM", or null')
    for month in value:
        month_index(month)
    return tuple(value)
