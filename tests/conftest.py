"""Fixtures for every folder of tests, and how a test run ends."""

from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from workers.graceful_exit import exit_now

pytest_plugins = ["tests.support.postgres", "tests.support.temporal"]


class SideBySide(LoadScopeScheduling):  # type: ignore[misc] # the plugin has no types
    """A module is run by one process; so is, one after the other, all that shares the whole product."""

    def _split_scope(self, nodeid: str) -> str:
        module: str = nodeid.split("::")[0]
        # What kills and starves the product has one of its own, and mostly waits: it goes on beside the rest.
        shares = module.startswith("tests/e2e/") and module != "tests/e2e/test_outages.py"
        return "whole product" if shares else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide:
    """Say what may run side by side. (The plugin's own groups get lost with this pytest.)"""
    return SideBySide(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole product comes first: it takes longest and mostly waits, and all else goes on meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Leave without interpreter tear-down, which the Temporal SDK can turn into an abort.

    After the yield everything has been reported, `pytest_unconfigure` and all clean-ups are done (if one of
    them raises, `exit_now` is not reached), and the status is the one pytest would leave with.
    """
    status = yield
    exit_now(int(status or 0))
