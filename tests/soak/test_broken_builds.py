"""A short long run over builds that are really broken: each must turn it red, and for the right reason."""

import json
from pathlib import Path

import pytest

from tests.e2e.stack import start_stack, stop_stack
from tests.soak.__main__ import LAUNCHER
from tests.soak.run import WAITING_TIMES, NotAsItMustBe, mixed_run

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(420)]

SITE = str(Path(__file__).with_name("broken") / "site")


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        ("everything_unknown", "I2: ended without a word that was on record"),
        ("receipts_dropped", "I2: receipts missing of"),
        ("charge_forgotten", "I5: arrived and not charged"),
    ],
)
def test_a_broken_build_turns_the_long_run_red(build: str, complaint: str, tmp_path: Path) -> None:
    conditions = {"PYTHONPATH": SITE, "BROKEN_BUILD": build}
    environment = {**WAITING_TIMES, "EXPIRES_AFTER_SECONDS": "45", "SIMULATOR_SEED": "1"}
    stack = start_stack(tmp_path, (LAUNCHER,), **environment, SOAK_ENVIRONMENT=json.dumps(conditions))
    try:
        with pytest.raises(NotAsItMustBe, match=complaint):
            mixed_run(stack, seed=1, seconds=12, rate=5, kills=False, log=print, tries_links=False)
    finally:
        stop_stack(stack)
