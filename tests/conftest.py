"""Fixtures for every folder of tests, and how a test run ends."""

from collections.abc import Generator

import pytest

from workers.graceful_exit import exit_now

pytest_plugins = ["tests.support.postgres", "tests.support.temporal"]


# First, because the plugin reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what may run side by side: modules may, a whole running product has one core for itself.

    It comes first, because it takes longest and mostly waits; everything else goes on meanwhile.
    """
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)
    for item in items:
        needs_product = item.get_closest_marker("stack") is not None
        item.add_marker(pytest.mark.xdist_group("stack" if needs_product else item.nodeid.split("::")[0]))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Leave without interpreter tear-down, which the Temporal SDK can turn into an abort.

    After the yield everything has been reported, `pytest_unconfigure` and all clean-ups are done (if one of
    them raises, `exit_now` is not reached), and the status is the one pytest would leave with.
    """
    status = yield
    exit_now(int(status or 0))
