"""axe-core on an open page: the rules of WCAG 2.2 AA a machine can tell."""

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Page

from scripts.peer_packages import PAGE_CHECKS

_FILE = PAGE_CHECKS / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
GRAVE = ("serious", "critical")
# axe fetches and copies style sheets for one rule about turned screens; the policy forbids such copies.
_OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"], "preload": False}

needs_axe = pytest.mark.skipif(
    not _FILE.exists(), reason="axe-core of npm is not installed: `make peers` tries to"
)


@cache
def _source() -> str:
    return _FILE.read_text("utf-8")


def findings(page: Page) -> list[str]:
    """What axe finds serious or critical: rule, place, what is wrong.

    The script comes in by the debugger's protocol, which the page's policy does not rule: the policy
    stays as it is while axe runs.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    result: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", _OPTIONS)
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in result["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
