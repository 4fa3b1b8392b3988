"""Whatever is sent, by whomever: no 500, no undocumented answer, nothing of another company (I9).

Requests are drawn with a fixed seed: the same in every run.
"""

import re
from collections.abc import Callable
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from domain.permissions import Role
from tests.isolation.conftest import Whole
from tests.isolation.test_matrix import pages
from tests.isolation.test_two_companies import LOGINS, RANDOM, assert_without
from tests.web.staff import Staff

EXAMPLES_OF_AN_OPERATION = 12
BODIES_OF_A_FORM = 2

# Field names of all forms; a route gets those of other forms, too, as a stranger would try.
NAMES = (
    "name",
    "channel_plan",
    "sms_text",
    "rcs_text",
    "when",
    "send_at-date",
    "send_at-time",
    "carriers",
    "exclude_opt_outs",
    "recycling_reference_on",
    "file",
    "typed",
    "source",
    "column",
    "recipients",
    "token",
    "check_token",
    "phone_number",
    "status",
    "channel",
    "carrier",
    "from",
    "until",
    "campaign",
    "cursor",
    "person",
    "action",
    "login_id",
    "password",
    "new_password",
    "role",
    "code",
    "scope",
    "networks",
    "next",
)
NASTY = st.sampled_from(
    [
        "",
        "\x00",
        "あ" * 3000,
        "'; DROP TABLE messages; --",
        "{{氏名}}",
        "{{",
        "-1",
        "9" * 30,
        "1e309",
        "٣",
        "2026-02-30",
        "25:61",
        "<script>alert(1)</script>",
        "=1+1",
        "../../etc/passwd",
        "\ud7ff\uffff",
        "090-1234-5678",
        "yes",
        "draft",
    ]
)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """The first ``count`` examples of a strategy, the same in every run."""
    found: list[Any] = []

    @seed(20261127)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    run: Callable[[], None] = collect
    run()
    return found


def is_beyond_schemas(answer: httpx.Response) -> bool:
    """Whether a rule of ours refused it: which campaigns may be sent, which names are the same."""
    if answer.status_code != 422:
        return False
    problem = answer.json()
    of_names = {"duplicate_variable", "variable_name_missing", "too_many_variables"}
    return problem["code"] == "campaign_refused" or {e["code"] for e in problem["errors"]} <= of_names


@pytest.mark.parametrize("mode", GenerationMode)
async def test_the_api_keeps_to_its_description(whole: Whole, mode: GenerationMode) -> None:
    """Generated from the OpenAPI document the application serves: what it allows, and what it does not."""
    async with whole.program(whole.sakura) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
        # The key is the client's: what becomes of others is asked in test_matrix.py.
        for path in described["paths"].values():
            for described_operation in path.values():
                described_operation.pop("security")
        schema = schemathesis.openapi.from_dict(described)
        tried = 0
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            documented = {str(status) for status in operation.definition.raw["responses"]}
            for case in drawn(operation.as_strategy(generation_mode=mode), EXAMPLES_OF_AN_OPERATION):
                request = case.as_transport_kwargs(base_url="http://portal.test/api/v1")
                request["headers"] = {**dict(request["headers"] or {}), **dict(client.headers)}
                request.pop("cookies", None)
                answer = await client.request(**request)
                assert answer.status_code < 500, f"{operation.label}: {answer.text}"
                assert str(answer.status_code) in documented, f"{operation.label}: {answer.status_code}"
                if answer.status_code >= 400:
                    assert answer.headers["content-type"].startswith("application/problem+json")
                    assert answer.json()["code"]
                beyond = [positive_data_acceptance] if is_beyond_schemas(answer) else []
                case.validate_response(answer, excluded_checks=beyond)
                assert_without(whole.midori.traces(), answer)
                tried += 1
    assert tried >= 4 * EXAMPLES_OF_AN_OPERATION / 2


async def test_every_address_takes_the_methods_it_says(whole: Whole) -> None:
    """405 names them all, whichever was tried; HEAD is wherever GET is."""
    async with whole.program(whole.sakura) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
        for path, operations in described["paths"].items():
            address = "/api/v1" + re.sub(r"{\w+}", str(RANDOM), path)
            taken = {method.upper() for method in operations}
            taken |= {"HEAD"} if "GET" in taken else set()
            for method in {"OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "GET", "HEAD", "POST"} - taken:
                answer = await client.request(method, address)
                assert answer.status_code == 405, f"{method} {path}"
                assert set(answer.headers["allow"].split(", ")) == taken, f"{method} {path}"
            if "GET" in taken:
                read, head = await client.get(address), await client.head(address)
                assert (head.status_code, head.content) == (read.status_code, b"")


@pytest.mark.parametrize("role", Role)
async def test_forms_take_anything(whole: Whole, role: Role) -> None:
    """Every form of every page, in every role, with fields nobody expects."""
    bodies = drawn(
        st.dictionaries(st.sampled_from(NAMES), NASTY | st.text(max_size=20), min_size=1, max_size=12),
        BODIES_OF_A_FORM * 4,
    )
    own = whole.sakura.ids["campaign_id"][2]
    async with whole.client() as client:
        staff = await Staff(client).sign_in(LOGINS[role])
        token = dict(staff.form_of("ログアウト").fields)
        forms = [address for method, address, _ in pages(whole) if method == "POST"]
        # What ends the sign-in itself, or waits on purpose, has tests of its own.
        forms = [address for address in forms if not address.startswith(("/sign", "/account"))]
        for number, address in enumerate(forms):
            chosen = [bodies[(number + step) % len(bodies)] for step in range(BODIES_OF_A_FORM)]
            for body in chosen:
                data = {name: value.encode("utf-8", "replace").decode() for name, value in body.items()}
                target = address.replace(str(RANDOM), str(own))
                answer = await client.post(target, data={**data, **token})
                assert answer.status_code < 500, f"{target} {body}"
                assert_without(whole.midori.traces(), answer)
