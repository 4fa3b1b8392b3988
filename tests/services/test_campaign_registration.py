"""From a file to registered messages: what was checked is what is registered, all or nothing."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.campaigns import CampaignProblem
from domain.carriers import Carrier
from domain.messages import ChannelPlan
from domain.recipient_files import FileProblemCode, RowErrorCode
from services.campaign_cancel import cancel_campaign
from services.campaign_check import CampaignCheck, CheckWarning, check_campaign, check_content
from services.campaign_registration import CampaignRefused, CheckOutdated, Registration, register_campaign
from services.campaigns import CampaignNotFound, NotEditable, UploadNotFound, save_draft
from services.recipient_uploads import FileRefused, choose_phone_column, error_rows, store_typed_numbers
from tests.services.support import Companies, campaign_content, csv_of, now, numbers

MIXED = """電話番号,氏名,店舗
090-1000-0001,山田,渋谷
９０１００００００２,佐藤,新宿
03-1234-5678,鈴木,池袋
09010000001,高橋,上野
09010000004,,品川
09010000005,伊藤,
"""


async def check(companies: Companies, campaign_id: UUID, **options: bool) -> CampaignCheck:
    async with companies.transaction() as session:
        return await check_campaign(session, companies.caller, campaign_id, now(), **options)


async def register(companies: Companies, campaign_id: UUID, **expected: Any) -> Registration:
    async with companies.transaction() as session:
        return await register_campaign(
            session,
            companies.caller,
            campaign_id,
            now=now(),
            **expected,
        )


async def test_checks_every_row_and_registers_the_valid_ones(companies: Companies) -> None:
    """P-11: repaired rows are taken, others reported with row, column, value and reason."""
    upload = await companies.upload(MIXED)
    campaign_id = await companies.draft(upload.id, sms_text="{{氏名}}様、お待ちしております。")

    found = await check(companies, campaign_id)

    assert found.can_be_registered
    assert (found.valid_rows, found.rejected_rows, found.recipients) == (3, 3, 3)
    assert found.rejected == {
        RowErrorCode.NUMBER_NOT_MOBILE: 1,
        RowErrorCode.DUPLICATE: 1,
        RowErrorCode.MISSING_VARIABLE: 1,
    }
    assert [(e.row_number, e.problems[0].code, e.problems[0].column) for e in found.errors] == [
        (4, RowErrorCode.NUMBER_NOT_MOBILE, "電話番号"),
        (5, RowErrorCode.DUPLICATE, "電話番号"),
        (6, RowErrorCode.MISSING_VARIABLE, "氏名"),
    ]
    assert found.errors[0].cells == ("03-1234-5678", "鈴木", "池袋")
    assert found.repairs is not None
    assert found.repairs["full_width"] == 1
    assert found.max_yen == 36
    assert found.samples[0].first.sms_text == "山田様、お待ちしております。"
    assert found.samples[0].masked_number == "090****0001"
    assert CheckWarning.ROWS_REJECTED in found.warnings

    registration = await register(companies, campaign_id, expected_recipients=3, check_token=found.token)

    assert registration.accepted == 3
    rows = await companies.rows(
        "SELECT phone_number, variables, status FROM messages WHERE campaign_id = :id ORDER BY id",
        id=campaign_id,
    )
    assert [row.phone_number for row in rows] == ["09010000001", "09010000002", "09010000005"]
    assert rows[0].variables["氏名"] == "山田"
    total = "SELECT total FROM campaign_counters WHERE campaign_id = :id"
    assert await companies.one(total, id=campaign_id) == 3


async def test_registers_once_however_often_the_button_is_pressed(companies: Companies) -> None:
    """A double click finds the first registration."""
    upload = await companies.upload(csv_of(5, 100))
    campaign_id = await companies.draft(upload.id)
    token = (await check(companies, campaign_id)).token

    results = await asyncio.gather(*(register(companies, campaign_id, check_token=token) for _ in range(5)))

    assert sorted(result.repeated for result in results) == [False, True, True, True, True]
    assert {result.accepted for result in results} == {5}
    count = "SELECT count(*) FROM messages WHERE campaign_id = :id"
    assert await companies.one(count, id=campaign_id) == 5


async def test_refuses_when_something_changed_since_the_numbers_were_shown(companies: Companies) -> None:
    """P-11: nothing is registered before the user has seen the result; the refusal has the new numbers."""
    upload = await companies.upload(csv_of(4, 200))
    campaign_id = await companies.draft(upload.id, exclude_opt_outs=True)
    shown = await check(companies, campaign_id)

    async with companies.transaction() as session:
        await save_draft(
            session,
            companies.caller,
            campaign_content(sms_text="別の文面", exclude_opt_outs=True),
            upload_id=upload.id,
            campaign_id=campaign_id,
        )
    with pytest.raises(CheckOutdated):
        await register(companies, campaign_id, check_token=shown.token)

    shown = await check(companies, campaign_id)
    await companies.rows(
        "INSERT INTO opt_outs (company_id, phone_number) VALUES (:company, :number)",
        company=companies.first.company_id,
        number=numbers(1, 200)[0],
    )
    with pytest.raises(CheckOutdated) as outdated:
        await register(companies, campaign_id, expected_recipients=shown.recipients)

    assert (shown.recipients, outdated.value.check.recipients, outdated.value.check.opted_out) == (4, 3, 1)
    count = "SELECT count(*) FROM messages WHERE campaign_id = :id"
    assert await companies.one(count, id=campaign_id) == 0
    accepted = await register(companies, campaign_id, check_token=outdated.value.check.token)
    assert accepted.accepted == 4
    excluded = "SELECT count(*) FROM messages WHERE campaign_id = :id AND reason = 'opted_out'"
    # O-3: an immediate send takes the list as of the registration.
    assert await companies.one(excluded, id=campaign_id) == 1


async def test_checks_rows_again_only_when_texts_changed(companies: Companies) -> None:
    """Portal principle 1: one check, its result kept until what it depends on changes."""
    upload = await companies.upload(csv_of(2, 300))
    campaign_id = await companies.draft(upload.id)
    assert (await check(companies, campaign_id, run_rows=False)).needs_check
    first = await check(companies, campaign_id)
    again = await check(companies, campaign_id, run_rows=False)
    assert not again.needs_check
    assert again.checked_at == first.checked_at
    assert again.token == first.token


@pytest.mark.parametrize(
    ("changes", "problem", "field"),
    [
        ({"name": " "}, CampaignProblem.NAME_MISSING, "name"),
        ({"sms_text": ""}, CampaignProblem.SMS_TEXT_MISSING, "sms_text"),
        ({"sms_text": "あ" * 661}, CampaignProblem.SMS_TEXT_TOO_LONG, "sms_text"),
        ({"sms_text": "{{住所}}"}, CampaignProblem.UNKNOWN_VARIABLE, "sms_text"),
        ({"sms_text": "{{氏名"}, CampaignProblem.MALFORMED_VARIABLE, "sms_text"),
        ({"sms_text": "{{短縮URL1}}"}, CampaignProblem.LINK_NOT_AVAILABLE, "sms_text"),
        ({"channel_plan": ChannelPlan.RCS}, CampaignProblem.RCS_TEXT_MISSING, "rcs_text"),
        (
            {"channel_plan": ChannelPlan.RCS, "rcs_text": "こんにちは", "carriers": (Carrier.RAKUTEN,)},
            CampaignProblem.NO_CARRIER_FOR_CHANNEL,
            "carriers",
        ),
    ],
)
async def test_refuses_bad_content(
    companies: Companies, changes: dict[str, Any], problem: CampaignProblem, field: str
) -> None:
    """What, where; nothing half-registered (S-1, P-12, P-4)."""
    upload = await companies.upload(csv_of(1, 400))
    campaign_id = await companies.draft(upload.id, **changes)
    with pytest.raises(CampaignRefused) as refused:
        await register(companies, campaign_id)
    assert [(p.problem, p.field) for p in refused.value.problems] == [(problem, field)]
    statuses = await companies.rows("SELECT status FROM campaigns WHERE id = :id", id=campaign_id)
    assert statuses[0].status == "draft"


async def test_refuses_a_past_send_time(companies: Companies) -> None:
    """P-3."""
    upload = await companies.upload(csv_of(1, 410))
    campaign_id = await companies.draft(upload.id, send_at=now() - timedelta(seconds=1))
    with pytest.raises(CampaignRefused) as refused:
        await register(companies, campaign_id)
    assert refused.value.problems[0].problem is CampaignProblem.PAST_SEND_TIME


async def test_refuses_without_recipients_and_without_valid_ones(companies: Companies) -> None:
    """P-11: no valid recipient."""
    nobody = await companies.draft(None)
    with pytest.raises(CampaignRefused) as refused:
        await register(companies, nobody)
    assert refused.value.problems[0].problem is CampaignProblem.RECIPIENTS_MISSING
    upload = await companies.upload("電話番号\n03-1234-5678\n")
    # The column's name says phone, its values do not: it has to be confirmed.
    assert upload.phone_column is None
    async with companies.transaction() as session:
        await choose_phone_column(session, companies.caller, upload.id, 0)
    landline = await companies.draft(upload.id)
    with pytest.raises(CampaignRefused) as refused:
        await register(companies, landline)
    assert CampaignProblem.NO_VALID_RECIPIENT in [p.problem for p in refused.value.problems]


async def test_refuses_options_that_are_not_contracted(companies: Companies) -> None:
    """O-4, M: only for companies that applied for it."""
    upload = await companies.upload(csv_of(1, 420), companies.stranger)
    async with companies.transaction() as session:
        content = campaign_content(exclude_opt_outs=True)
        found = await check_content(session, companies.stranger, content, upload.id, now())
    assert [p.problem for p in found.problems] == [CampaignProblem.OPTION_NOT_CONTRACTED]


async def test_price_is_the_dearer_channel_once(companies: Companies) -> None:
    """B-7: a +Message with fallback is charged once; at most the dearer of the two."""
    upload = await companies.upload(csv_of(2, 430))
    campaign_id = await companies.draft(
        upload.id, channel_plan=ChannelPlan.RCS_WITH_SMS_FALLBACK, rcs_text="こんにちは", sms_text="あ" * 71
    )
    found = await check(companies, campaign_id)
    assert [(line.count, line.unit_price) for line in found.price_lines] == [(4, Decimal("12.00"))]
    assert found.max_yen == 48


async def test_files_that_cannot_be_read_are_not_kept(companies: Companies) -> None:
    """P-11: unreadable and empty files."""
    before = await companies.one("SELECT count(*) FROM recipient_uploads")
    for content, code in (("", FileProblemCode.EMPTY), ("電話番号\n", FileProblemCode.NO_ROWS)):
        with pytest.raises(FileRefused) as refused:
            await companies.upload(content)
        assert refused.value.problems[0].code is code
    assert await companies.one("SELECT count(*) FROM recipient_uploads") == before


async def test_typed_numbers_are_a_list_like_any_other(companies: Companies) -> None:
    """P-10."""
    async with companies.transaction() as session:
        upload = await store_typed_numbers(
            session, companies.caller, "090-1234-5678、０８０１２３４５６７８\n05012345678"
        )
    campaign_id = await companies.draft(upload.id)
    found = await check(companies, campaign_id)
    assert (found.valid_rows, found.rejected_rows) == (2, 1)
    async with companies.transaction() as session:
        errors = await error_rows(session, companies.caller, upload.id)
    assert [(error.row_number, error.cells) for error in errors] == [(3, ("05012345678",))]


async def test_another_company_finds_nothing(companies: Companies) -> None:
    """I9: a foreign id is as unknown as a random one."""
    campaign_id = await companies.registered(1, 440)
    upload = await companies.upload(csv_of(1, 450))
    async with companies.transaction() as session:
        for unknown in (campaign_id, uuid4()):
            with pytest.raises(CampaignNotFound):
                await check_campaign(session, companies.stranger, unknown, now())
            with pytest.raises(CampaignNotFound):
                await cancel_campaign(session, companies.stranger, unknown, now())
        for unknown in (upload.id, uuid4()):
            with pytest.raises(UploadNotFound):
                await save_draft(session, companies.stranger, campaign_content(), upload_id=unknown)


async def test_a_registered_campaign_is_no_draft(companies: Companies) -> None:
    """P-9: registered content is changed by an edit only."""
    campaign_id = await companies.registered(1, 460)
    async with companies.transaction() as session:
        with pytest.raises(NotEditable):
            await save_draft(
                session, companies.caller, campaign_content(), upload_id=None, campaign_id=campaign_id
            )


async def test_odd_characters_survive_the_way_into_the_database(companies: Companies) -> None:
    """P-11: whatever a cell holds arrives as it is, or without what cannot be sent."""
    odd = 'C:\\temp\\n\\N "引用" {}\U0001f600 \u2028'
    quoted = odd.replace('"', '""')
    content = (
        f'電話番号,氏名\n09012340001,"{quoted}"\n09012340002,"二行\n目\tタブ"\n'
        f'0312345678,"{quoted}"\n117,"\x07\t"\n'
    )
    upload = await companies.upload(content)
    campaign_id = await companies.draft(upload.id, sms_text="{{氏名}}")
    found = await check(companies, campaign_id)
    assert (found.valid_rows, found.rejected_rows) == (2, 2)
    await register(companies, campaign_id, check_token=found.token)
    rows = await companies.rows(
        "SELECT variables FROM messages WHERE campaign_id = :id ORDER BY id", id=campaign_id
    )
    assert [row.variables["氏名"] for row in rows] == [odd.removesuffix(" \u2028"), "二行\n目 タブ"]
    assert found.errors[0].cells == ("0312345678", odd)
    assert found.errors[1].cells == ("117", "\x07\t")


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1)])
async def test_what_is_registered_bears_the_databases_time(companies: Companies, wrong: timedelta) -> None:
    """Workers compare it with that clock: a portal whose own is wrong must hold nothing back."""
    upload = await companies.upload(MIXED)
    campaign_id = await companies.draft(upload.id, sms_text="お待ちしております。")
    async with companies.transaction() as session:
        await register_campaign(session, companies.caller, campaign_id, now=now() + wrong)
    (row,) = await companies.rows(
        "SELECT clock_timestamp() - registered_at AS ago, frozen_at >= registered_at AS is_frozen,"
        " (SELECT max(abs(extract(epoch FROM clock_timestamp() - m.accepted_at))) FROM messages m"
        "  WHERE m.campaign_id = c.id) AS accepted FROM campaigns c WHERE id = :id",
        id=campaign_id,
    )
    assert timedelta(0) <= row.ago < timedelta(minutes=1)
    assert row.is_frozen
    assert row.accepted < 60
