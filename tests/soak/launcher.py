"""``python tests/soak/launcher.py run --headless``: the product, its own processes under other conditions.

The launcher hands its children only what they ask for; here they get ``SOAK_ENVIRONMENT`` (JSON) besides.
Servers and the simulator are left alone: they are the witnesses.
"""

import json
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)

from workers.local_stack import stack  # noqa: E402 - the path first
from workers.local_stack.environment import child_environment  # noqa: E402


def _with_conditions(
    found: Mapping[str, str], values: Mapping[str, str], names: tuple[str, ...], fixed: Mapping[str, str]
) -> dict[str, str]:
    environment = child_environment(found, values, names, fixed)
    if "DATABASE_URL" in names:
        conditions: dict[str, str] = json.loads(os.environ["SOAK_ENVIRONMENT"])
        paths = [conditions.pop("PYTHONPATH", ""), environment["PYTHONPATH"]]
        environment |= {**conditions, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return environment


if __name__ == "__main__":
    vars(stack)["child_environment"] = _with_conditions
    runpy.run_module("workers", run_name="__main__")
