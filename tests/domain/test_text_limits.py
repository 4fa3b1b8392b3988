"""What is too long is not read, and what is read takes time by its length (P-9, P-12)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.campaigns import CampaignContent, CampaignProblem, endless_problems, problems_of
from domain.follow_ups import FollowUp, FollowUpTrigger
from domain.messages import ChannelPlan
from domain.recipient_files import CheckedRow, Column, Record, RowChecker, RowError, RowErrorCode
from domain.recipient_files.typed_numbers import typed_lines
from domain.templates import MalformedTemplate, TemplateProblemCode, TextTooLong, parse_template, variable_key
from domain.text_limits import MAX_TEXT_LENGTH, MAX_VARIABLE_NAME_LENGTH, MAX_VARIABLE_VALUE_LENGTH
from tests.support.growth import assert_linear

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def content(**changes: Any) -> CampaignContent:
    usual = {
        "name": "案内",
        "channel_plan": ChannelPlan.RCS_WITH_SMS_FALLBACK,
        "sms_text": "a",
        "rcs_text": "a",
    }
    return CampaignContent(**{**usual, **changes})


@pytest.mark.parametrize(
    "token", ["{", "{{", "}}", "{{}}", "｛｛", "{{a\n", "\n{{", "{{a}}\n}}", "{{\u0301}}"]
)
def test_the_time_of_reading_a_text_grows_with_its_length(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-12: many bad places cost no more each than one, whatever they are."""
    monkeypatch.setattr("domain.templates.MAX_TEXT_LENGTH", 10**9)

    def read(text: str) -> None:
        with pytest.raises(MalformedTemplate):
            parse_template(text)

    assert_linear(lambda size: "あ{{" + token * (size // len(token)), read, 6_000)


def test_the_time_of_finding_unknown_names_grows_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-12: the same for names no recipient has."""
    monkeypatch.setattr("domain.templates.MAX_TEXT_LENGTH", 10**9)
    assert_linear(
        lambda size: parse_template("\n{{a}}" * (size // 6)), lambda text: text.unknown_variables(()), 6_000
    )


def test_a_text_over_the_bound_is_not_parsed() -> None:
    """P-12: at the bound it is."""
    assert parse_template("あ" * MAX_TEXT_LENGTH).text
    with pytest.raises(TextTooLong) as refused:
        parse_template("😀" * (MAX_TEXT_LENGTH + 1))
    assert refused.value.characters == 2 * (MAX_TEXT_LENGTH + 1)


ENDLESS = "{" * (MAX_TEXT_LENGTH + 1)


@pytest.mark.parametrize(
    ("changes", "field", "problem", "limit"),
    [
        ({"name": ENDLESS}, "name", CampaignProblem.NAME_TOO_LONG, 100),
        ({"sms_text": ENDLESS}, "sms_text", CampaignProblem.SMS_TEXT_TOO_LONG, 660),
        ({"rcs_text": ENDLESS}, "rcs_text", CampaignProblem.RCS_TEXT_TOO_LONG, 2_730),
        # The plan sends no +Message: it would be kept all the same.
        (
            {"rcs_text": ENDLESS, "channel_plan": ChannelPlan.SMS},
            "rcs_text",
            CampaignProblem.RCS_TEXT_TOO_LONG,
            2_730,
        ),
        (
            {"follow_up": FollowUp(FollowUpTrigger.DELIVERED, sms_text=ENDLESS, rcs_text="a")},
            "follow_up_sms_text",
            CampaignProblem.SMS_TEXT_TOO_LONG,
            660,
        ),
        (
            {"follow_up": FollowUp(FollowUpTrigger.DELIVERED, sms_text="a", rcs_text=ENDLESS)},
            "follow_up_rcs_text",
            CampaignProblem.RCS_TEXT_TOO_LONG,
            2_730,
        ),
    ],
)
def test_an_endless_text_is_one_problem_with_its_length(
    changes: dict[str, Any], field: str, problem: CampaignProblem, limit: int
) -> None:
    """P-9: wherever it stands; nothing else is said about it."""
    made = content(**changes)
    found = problems_of(made, ["氏名"], NOW)
    assert [(p.problem, p.field, p.detail["limit"], p.detail["characters"]) for p in found] == [
        (problem, field, limit, MAX_TEXT_LENGTH + 1)
    ]
    assert endless_problems(made) == found


def test_a_hundred_problems_are_told_and_how_many_there_are_besides() -> None:
    """P-12: malformed and unknown ones."""
    for text in ("}}" * 130, "{{x}}" * 130):
        found = problems_of(content(sms_text=text), ["氏名"], NOW)
        assert [p.problem for p in found[:100]] == [found[0].problem] * 100
        assert found[0].problem in (CampaignProblem.MALFORMED_VARIABLE, CampaignProblem.UNKNOWN_VARIABLE)
        assert (found[100].problem, found[100].detail) == (CampaignProblem.MORE_PROBLEMS, {"count": 30})
        assert len([p for p in found if p.field == "sms_text" and p.problem is found[0].problem]) == 100


def test_a_heading_that_is_an_essay_is_no_variable() -> None:
    """P-12: in a text it is a slip, with as much of it as helps to find it."""
    assert variable_key("あ" * MAX_VARIABLE_NAME_LENGTH)
    essay = "あ" * (MAX_VARIABLE_NAME_LENGTH + 1)
    assert variable_key(essay) == ""
    with pytest.raises(MalformedTemplate) as refused:
        parse_template("{{" + essay + "}}")
    problem = refused.value.problems[0]
    assert problem.code is TemplateProblemCode.NAME_TOO_LONG
    assert len(problem.text) == MAX_VARIABLE_NAME_LENGTH + 1


COLUMNS = (Column(0, "電話番号", ""), Column(1, "氏名", "氏名"), Column(2, "備考", "備考"))
LONG = "長" * (MAX_VARIABLE_VALUE_LENGTH + 1)


def test_a_value_no_text_uses_and_none_has_room_for_is_not_kept() -> None:
    """P-11: the row is good all the same; a value of the greatest length stays for a later text."""
    checker = RowChecker(COLUMNS, phone_column=0, sms=parse_template("{{氏名}}様"))
    row = checker.check(Record(2, ["09012340001", "山田", LONG]))
    assert isinstance(row, CheckedRow)
    assert row.variables == {"氏名": "山田"}
    kept = checker.check(Record(3, ["09012340002", "山田", LONG[1:]]))
    assert isinstance(kept, CheckedRow)
    assert kept.variables["備考"] == LONG[1:]


@pytest.mark.parametrize(("text", "value"), [("{{氏名}}", LONG), ("{{氏名}}" * 1_000, "長" * 1_000_000)])
def test_a_value_no_text_has_room_for_is_an_error_of_its_row(text: str, value: str) -> None:
    """S-1: found without putting it together: a cell named a thousand times would be a billion characters."""
    checker = RowChecker(COLUMNS, phone_column=0, sms=parse_template(text))
    row = checker.check(Record(2, ["09012340001", value, ""]))
    assert isinstance(row, RowError)
    assert [(p.code, p.column, p.limit) for p in row.problems] == [(RowErrorCode.TOO_LONG, "sms_text", 660)]


@pytest.mark.parametrize("written", ["\u0315\u0300", "か\u3099", "、", "\n", " ", "090-1234-5678,"])
def test_the_time_of_reading_typed_numbers_grows_with_their_length(written: str) -> None:
    """P-10: whatever stands in the field; what is no number by far is cut, not lost."""
    assert_linear(lambda size: "0" + written * (size // len(written)) + "1", typed_lines, 40_000)
    assert all(0 < len(line) <= 1_000 for line in typed_lines("0" + written * 50_000 + "1") if line)
