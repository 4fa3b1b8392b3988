"""No workflow changes its commands unseen: docs/operations.md, "Upgrades with messages in flight"."""

from collections.abc import Mapping

import pytest

from tests.workflows.fingerprints import fingerprint, stored
from tests.workflows.scenarios import NAMES, Finished

ADVICE = """The commands of {name} have changed, while messages of up to 72 hours ago go on with the old ones:
1. put the change behind `if workflow.patched("what-changed"):`, the old way in the else branch;
2. keep the old history: git mv tests/workflows/histories/{name}.json \
tests/workflows/histories/{name}.before_what_changed.json
3. record the new one and its fingerprint: .venv/bin/python -m tests.workflows.record_histories {name}"""


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_are_those_on_record(name: str, finished: Mapping[str, Finished]) -> None:
    """Activities and their queues, timers, local activities and the end, of a run of today's code."""
    assert fingerprint(finished[name].history) == stored().get(name), ADVICE.format(name=name)
