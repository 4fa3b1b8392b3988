"""The frame itself: peers end with their test, and a missing one is said so."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from scripts.npm import ROOT
from scripts.peer_packages import NODE_PEERS, PAGE_CHECKS, is_installed
from tests.peers.availability import find_command, needs_commands, needs_package, package_missing
from tests.peers.processes import PeerProcess

DEAF = "import signal, sys; signal.signal(15, signal.SIG_IGN); print('up', flush=True); sys.stdin.read()"


async def test_a_peer_is_gone_after_its_block_even_when_the_block_fails(tmp_path: Path) -> None:
    pids = []

    async def fail() -> None:
        async with PeerProcess([sys.executable, "-c", "input()"], tmp_path, talks=True) as peer:
            pids.append(peer.pid)
            raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        await fail()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


async def test_a_peer_that_does_not_follow_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.peers.processes.STOP_SECONDS", 0.2)
    async with PeerProcess([sys.executable, "-c", DEAF], tmp_path, talks=True) as peer:
        assert await peer.line() == "up"
        async with asyncio.timeout(5.0):
            await peer.stop()
        assert peer.exit_status == -9


async def test_a_peer_that_ends_early_fails_the_test_with_its_own_words(tmp_path: Path) -> None:
    async with PeerProcess(
        [sys.executable, "-c", "raise SystemExit('no licence')"], tmp_path, talks=True
    ) as peer:
        with pytest.raises(AssertionError, match="has ended\nno licence"):
            await peer.line()


def test_a_missing_peer_is_skipped_with_how_to_get_it() -> None:
    assert package_missing("pytest") is None
    mark = needs_package("no-such-package").mark
    assert mark.args == (True,)
    assert "no-such-package is not installed" in mark.kwargs["reason"]
    assert needs_commands("sh", package="dash").mark.args == (False,)
    mark = needs_commands("sh", "no-such-command", package="nothing").mark
    assert mark.args == (True,)
    assert mark.kwargs["reason"] == "peer left out: no no-such-command: apt-get install nothing"
    assert find_command("no-such-command") is None


def test_packages_of_npm_are_installed_when_every_version_is_the_locked_one(tmp_path: Path) -> None:
    def write(name: str, version: str) -> None:
        packages = {"": {"version": "0.1.0"}, "node_modules/smpp": {"version": version}}
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"packages": packages}), "utf-8")

    assert not is_installed(tmp_path)
    write("package-lock.json", "0.5.1")
    assert not is_installed(tmp_path)
    write("node_modules/.package-lock.json", "0.5.0")
    assert not is_installed(tmp_path)
    write("node_modules/.package-lock.json", "0.5.1")
    assert is_installed(tmp_path)


def test_no_lock_file_names_a_registry() -> None:
    for folder in (ROOT, NODE_PEERS, PAGE_CHECKS):
        assert "resolved" not in (folder / "package-lock.json").read_text("utf-8")
        assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text("utf-8")
