"""Fixtures for every folder of tests, and how a test run ends."""

from collections.abc import Generator

import pytest

from workers.graceful_exit import exit_now

pytest_plugins = ["tests.support.postgres", "tests.support.temporal"]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Leave without interpreter tear-down, which the Temporal SDK can turn into an abort.

    After the yield everything has been reported, `pytest_unconfigure` and all clean-ups are done (if one of
    them raises, `exit_now` is not reached), and the status is the one pytest would leave with.
    """
    status = yield
    exit_now(int(status or 0))
