"""What a message may cost the Temporal server (decision 0002): its rate is the limit of the whole product."""

from collections.abc import Mapping

import pytest

from tests.workflows.scenarios import Finished

# History events, state transitions. The fallback's is the lean form's 29 / 17, as measured, plus the revoke
# that R-8 asks for, a remote activity of its own (6 / 3), plus the upsert of the search attributes (1 / 0).
BUDGET = {"sms_delivered": (20, 12), "rcs_delivered": (20, 12), "sms_fallback": (36, 20)}


@pytest.mark.parametrize("name", BUDGET)
def test_a_message_stays_within_its_budget(name: str, finished: Mapping[str, Finished]) -> None:
    events, transitions = BUDGET[name]
    assert finished[name].events <= events
    assert finished[name].transitions <= transitions
