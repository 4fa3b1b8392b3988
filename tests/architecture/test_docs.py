"""README and docs/ say what is so: what they name exists, and what must be named is."""

import itertools
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel

import models  # noqa: F401  registers every table
from api.app import API_PREFIX, ApiSettings, install_api
from api.campaign_reading import read_campaign_request
from domain.campaigns import CampaignStatus
from domain.carrier_exchange import Capability, ReceiptState, RecyclingOutcome, RevokeOutcome, SubmitOutcome
from domain.carriers import Carrier
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from domain.permissions import Permission, Role, allows
from domain.phone_numbers import is_mobile_number
from tests.e2e.magic_numbers import EXPECTED
from web.wording import word
from workers.local_stack.ports import PORTS
from workers.local_stack.settings import ROOT
from workers.settings import Settings
from workflows.task_queues import ALL

DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
# These describe the code itself: every word in them that looks like code has to stand in it.
OF_THE_CODE = [page for page in PAGES if page.stem not in ("operations", "simulator")]
README = PAGES[0].read_text("utf-8")
ARCHITECTURE = (DOCS / "architecture.md").read_text("utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text("utf-8")
REQUIREMENTS = (DOCS / "requirements.md").read_text("utf-8")
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE)

IGNORED = {line.strip("/\n") for line in (ROOT / ".gitignore").open(encoding="utf-8")}
FOLDERS = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name not in IGNORED | {".git"}}
# Made by running, not kept in the repository.
MADE = (
    "var/",
    ".venv",
    "web/static/vendor/",
    "deploy/secrets/",
    "tests/peers/node/node_modules/",
    "tests/e2e/node/node_modules/",
    "tests/api/clients/node/node_modules/",
)
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
LONGEST_DECISION = 40

# P-11, I3: a requirement of a group, or an invariant.
GROUPS = "PSRMUOALCNB"
REQUIREMENT = rf"\b(?:[{GROUPS}]-\d+|I\d+)\b"
WRITTEN_BY_PEOPLE = {".py", ".md", ".html", ".js", ".css", ".json", ".toml", ".yml", ".yaml"} | {
    ".sh",
    ".sql",
    ".conf",
    ".env",
}


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def without_code_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def code_words(text: str) -> list[str]:
    """What stands between backticks in running text."""
    return re.findall(r"`([^`\n]+)`", without_code_blocks(text))


def rows_after(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table after ``heading``, without its header."""
    lines = itertools.dropwhile(lambda line: not line.startswith("|"), text.split(heading, 1)[1].splitlines())
    table = list(itertools.takewhile(lambda line: line.startswith("|"), lines))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


def source_files() -> Iterator[Path]:
    for folder in FOLDERS - {"docs"}:
        for path in (ROOT / folder).rglob("*"):
            made = str(path.relative_to(ROOT)).startswith(MADE)
            if path.suffix in (".py", ".html", ".yaml", ".json") and path != Path(__file__) and not made:
                yield path
    yield from (ROOT / name for name in ("Makefile", "pyproject.toml", "docker-compose.yml"))


@pytest.fixture(scope="module")
def words_of_the_code() -> set[str]:
    """Every word in the code base."""
    found: set[str] = set()
    for path in source_files():
        found.update(re.findall(r"[A-Za-z_]\w*", path.read_text("utf-8")))
    return found


# -- What is named exists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_path_exists(page: Path) -> None:
    named = {
        name
        for span in code_words(page.read_text("utf-8"))
        for name in span.split()
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+/|(?!\.)[\w.-]+\.(md|toml|yml)", name)
        and (name.split("/")[0] in FOLDERS or "." in name.split("/")[0])
    }
    checked = {name for name in named if not name.startswith(MADE) and not name[0].isdigit()}
    assert {name for name in checked if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", OF_THE_CODE, ids=page_id)
def test_every_word_of_code_stands_in_the_code(page: Path, words_of_the_code: set[str]) -> None:
    """Classes, functions, settings, statuses, tables: whatever is set as code and looks like a name."""
    spans = code_words(page.read_text("utf-8"))
    names = [span for span in spans if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", span)]
    assert {name for name in names if not set(name.split(".")) <= words_of_the_code} == set()


def test_words_of_code_are_found() -> None:
    """The test above would pass on none."""
    assert {"registered", "submit_rcs", "company_lanes"} <= set(code_words(ARCHITECTURE))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_make_target_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = [*re.findall(r"`make ([a-z]+)", text), *re.findall(r"^make ([a-z]+)", text, re.MULTILINE)]
    assert set(commands) <= set(TARGETS)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_and_image_leads_somewhere(page: Path) -> None:
    for title, address in re.findall(
        r"\[([^\]]*)\]\(([^)\s]+)\)", without_code_blocks(page.read_text("utf-8"))
    ):
        if address.startswith("https://"):
            continue
        name, _, anchor = address.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert title, address
        assert target.exists(), address
        assert not anchor or anchor in anchors_of(target), address


def anchors_of(page: Path) -> set[str]:
    """The addresses of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# -- References -------------------------------------------------------------------------------------------


def texts_of_people() -> Iterator[tuple[Path, str]]:
    """Every file somebody wrote, with its text: product, tests, docs, deployment."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            recorded = "histories" in path.parts or str(path.relative_to(ROOT)).startswith(MADE)
            if path.suffix in WRITTEN_BY_PEOPLE and not recorded:
                yield path, path.read_text("utf-8")
    for path in ROOT.glob("*"):
        if path.is_file() and path.name not in IGNORED:
            yield path, path.read_text("utf-8")


def test_every_requirement_quoted_is_explained() -> None:
    explained = set(re.findall(rf"^\| ({REQUIREMENT}) \|", REQUIREMENTS, re.MULTILINE))
    unexplained = {
        f"{page_id(path)}: {quoted}"
        for path, text in texts_of_people()
        if path.suffix in (".py", ".md", ".html")
        for quoted in re.findall(REQUIREMENT, text)
        if quoted not in explained
    }
    assert unexplained == set()


def test_requirements_are_numbered_without_gaps() -> None:
    listed = re.findall(r"^\| ([A-Z])-?(\d+) \|", REQUIREMENTS, re.MULTILINE)
    assert {letter for letter, _ in listed} == {*GROUPS, "I"}
    for letter in (*GROUPS, "I"):
        numbers = [int(number) for group, number in listed if group == letter]
        assert numbers == list(range(1, len(numbers) + 1)), letter


def test_every_requirement_says_how_far_it_is() -> None:
    rows = re.findall(rf"^\| (?:[{GROUPS}]-\d+) \| .+ \| ([^|]+) \|$", REQUIREMENTS, re.MULTILINE)
    assert len(rows) > 70
    assert [state for state in rows if not re.match(r"built\b|partly: |not yet\b", state)] == []


def test_the_roles_are_those_of_the_code() -> None:
    roles = (Role.COMPANY_ADMIN, Role.SENIOR_ADMIN, Role.ADMIN, Role.GENERAL_USER)
    assert [cells[0].strip("`") for cells in rows_after(REQUIREMENTS, "### Roles")] == list(Permission)
    for cells in rows_after(REQUIREMENTS, "### Roles"):
        permission = Permission(cells[0].strip("`"))
        assert [cell == "✓" for cell in cells[1:]] == [allows(role, permission) for role in roles]


def test_every_page_named_anywhere_exists() -> None:
    """From the root, as code names pages, or from the folder of the page that names it."""
    missing = {
        f"{page_id(path)}: {name}"
        for path, text in texts_of_people()
        for name in re.findall(r"[\w./-]*\w\.md\b", without_paths_of_code(text))
        if not (ROOT / name).is_file() and not (path.suffix == ".md" and (path.parent / name).is_file())
    }
    assert missing == set()


def without_paths_of_code(text: str) -> str:
    """Leave out ``DOCS / "page.md"`` and the like: opening such a file is test enough."""
    return re.sub(r"/ \"[\w-]+\.md\"", "", text)


def test_every_decision_named_exists() -> None:
    numbers = {page.name[:4] for page in DECISIONS}
    named = {n for _, text in texts_of_people() for n in re.findall(r"\b[Dd]ecision (\d{4})\b", text)}
    assert {"0007", "0008"} <= named <= numbers


def test_sections_of_the_carriers_page_exist() -> None:
    headings = set(
        re.findall(r"^#+ (\d(?:\.\d)?)\.? ", (DOCS / "carriers.md").read_text("utf-8"), re.MULTILINE)
    )
    named = {
        section
        for _, text in texts_of_people()
        for section in re.findall(r"docs/carriers\.md §(\d(?:\.\d)?)", text)
    }
    assert {"1.1", "1.2", "1.3", "2", "3"} <= named <= headings


# -- README -----------------------------------------------------------------------------------------------


def test_the_tree_lists_every_folder_and_no_other() -> None:
    tree = README.split("## Where things are")[1].split("```")[1]
    assert set(re.findall(r"^([\w.]+)/ ", tree, re.MULTILINE)) == FOLDERS
    for name in re.findall(r"^(?:[\w.-]+\.\w+|[A-Z]\w+)(?:  [\w.*-]+)*", tree, re.MULTILINE):
        assert [file for file in name.split() if not list(ROOT.glob(file))] == []


def test_every_page_can_be_reached() -> None:
    links = re.findall(r"\]\((docs/[^)#]+)", README.split("## Read on")[1])
    assert set(links) == {page_id(page) for page in DOCS.glob("*.md")} | {"docs/decisions/"}


def test_the_table_of_targets_is_the_makefiles() -> None:
    rows = rows_after(README, "## Make targets")
    assert sorted(cells[0].strip("`").removeprefix("make ") for cells in rows) == sorted(TARGETS)


def test_every_port_stands_with_its_default() -> None:
    rows = rows_after(README, "## Ports and settings")
    assert {(cells[0].strip("`"), int(cells[1])) for cells in rows} == {
        (p.variable, p.default) for p in PORTS
    }


def test_every_setting_is_one_that_is_read() -> None:
    rows = rows_after(README, "health page of the carrier worker |\n")
    named = {name for cells in rows for name in re.findall(r"`([A-Z_]+)`", cells[0])}
    assert named - {"VAR_DIR"} <= {name.upper() for name in Settings.model_fields}
    assert "VAR_DIR" in (ROOT / "workers/local_stack/settings.py").read_text("utf-8")


def test_the_first_campaign_ends_as_told() -> None:
    """The numbers of the list, and the end the end-to-end test expects of each."""
    rows = {cells[0]: cells[2] for cells in rows_after(README, "## Your first campaign")}
    listed = re.findall(r"^(090-0000-\d{4}),", README, re.MULTILINE)
    assert list(rows) == listed
    for number, end in rows.items():
        expected = EXPECTED[number[-4:-2]][1]
        assert is_mobile_number(number)
        assert expected is not None
        assert end.startswith(f"`{expected.status}`"), number
        assert expected.channel != "sms" or "by SMS" in end, number
        assert expected.reason is None or f"`{expected.reason}`" in end, number


def test_the_first_campaign_names_what_pages_say() -> None:
    steps = README.split("## Your first campaign")[1].split("\n1. ")[1].split("\n\n")[0]
    named = set(re.findall(r"[ぁ-んァ-ヶー一-龠]{2,}", re.sub(r"`[^`]*`", "", steps)))
    files = [path for folder in ("templates", "wording") for path in (ROOT / "web" / folder).rglob("*.*")]
    said = "".join(path.read_text("utf-8") for path in files if path.suffix in (".py", ".html"))
    assert len(named) > 4
    assert {label for label in named if label not in said} == set()


def test_the_request_of_the_example_is_understood() -> None:
    body = re.findall(r"--data '(\{.+?\})'$", README, re.DOTALL | re.MULTILINE)
    read = read_campaign_request(body[0].encode())
    assert len(read.recipients) == 2


def test_every_address_of_the_example_exists() -> None:
    app = FastAPI()
    install_api(app, ApiSettings(maap_webhook_token=""))
    api = next(route.app for route in app.routes if getattr(route, "path", "") == API_PREFIX)  # type: ignore[attr-defined]
    paths = {re.sub(r"\{\w+\}", "$ID", path) for path in api.openapi()["paths"]} | {api.openapi_url}
    named = set(re.findall(r'"\$API([^"]+)"', README))
    assert len(named) > 4
    assert named <= paths


# -- Architecture and glossary ----------------------------------------------------------------------------


def test_every_table_is_described_where_it_is() -> None:
    rows = rows_after(ARCHITECTURE, "## Data")
    described = {cells[0].strip("`"): cells[2].strip("`") for cells in rows}
    assert set(described) == set(SQLModel.metadata.tables)
    for table, file in described.items():
        assert f'__tablename__ = "{table}"' in (ROOT / file).read_text("utf-8")


def test_the_shape_shows_every_queue_and_no_other() -> None:
    shape = ARCHITECTURE.split("```")[1]
    assert {queue for queue in ALL if queue not in shape} == set()
    carriers = "|".join(Carrier)
    assert set(re.findall(r"\b(?:sms|rcs)-\w+", ARCHITECTURE)) <= set(ALL)
    assert set(re.findall(rf"\b\w+-(?:{carriers})\b", ARCHITECTURE)) <= set(ALL)


@pytest.mark.parametrize(
    "enumeration", [CampaignStatus, ChannelPlan, MessageStatus, StatusReason, FallbackReason]
)
def test_statuses_and_reasons_are_explained_in_the_pages_words(enumeration: type[StrEnum]) -> None:
    rows = rows_after(GLOSSARY, f"`{enumeration.__name__}` in")
    assert [(cells[0], cells[1]) for cells in rows] == [(word(m), f"`{m.value}`") for m in enumeration]
    assert all(cells[2] for cells in rows)


@pytest.mark.parametrize("enumeration", [SubmitOutcome, ReceiptState])
def test_outcomes_are_explained(enumeration: type[StrEnum]) -> None:
    rows = rows_after(GLOSSARY, f"`{enumeration.__name__}`:")
    assert [cells[0] for cells in rows] == [f"`{member.value}`" for member in enumeration]


@pytest.mark.parametrize("enumeration", [Capability, RevokeOutcome, RecyclingOutcome])
def test_short_answers_are_listed(enumeration: type[StrEnum]) -> None:
    line = GLOSSARY.split(f"`{enumeration.__name__}`: ")[1].splitlines()[0]
    assert re.findall(r"`(\w+)`", line) == [member.value for member in enumeration]


# -- Decisions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", DECISIONS, ids=page_id)
def test_a_decision_has_the_form(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.name[:4]} ")
    assert re.findall(r"^\*\*([\w ]+?)\.?\*\*", text, re.MULTILINE) == SECTIONS
    # One sentence to quote, in italics.
    assert re.search(r"\*\*Decision\.\*\* \*[^*]+[.:]\*(\s|$)", text)
    assert re.search(r"`(tests/[\w/.]+|make \w+)`", text.split("**Enforced by**")[1])
    assert len(text.splitlines()) <= LONGEST_DECISION, "one page"


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
