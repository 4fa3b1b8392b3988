"""The table and ``var/bench.json``."""

from dataclasses import replace

from benchmarks.link_results import LinkResult, percentile
from benchmarks.results import (
    AgeingResult,
    Block,
    EngineResult,
    Results,
    ThroughputResult,
    UploadResult,
    as_json,
    table,
)

SMS = ThroughputResult(3000, 40.0, {"temporal": 20.0, "postgres": 4.5}, events=14.0, transitions=7.0)
ENGINE = EngineResult(64.0, {"temporal": 16.0, "message worker": 8.0})
UPLOAD = UploadResult(250_000, 21.5, 3.25, 275.0)


def test_json_holds_what_the_requirements_name() -> None:
    content = as_json(Results(sms=SMS, rcs=SMS, engine={"sms": ENGINE, "rcs": ENGINE}, upload=UPLOAD))

    expected = {
        "messages_per_second": 40.0,
        "engine_messages_per_second": 64.0,
        "ratio": 0.625,
        "cpu_ms_per_message": 24.5,
        "events": 14.0,
        "transitions": 7.0,
    }
    assert expected.items() <= content["sms"].items()
    assert content["rcs"] == content["sms"]
    assert content["upload"] == {
        "rows": 250_000,
        "check_seconds": 21.5,
        "register_seconds": 3.25,
        "peak_mb": 275.0,
    }


def test_sections_that_did_not_run_are_missing() -> None:
    assert as_json(Results(sms=SMS)).keys() == {"sms"}
    assert as_json(Results(sms=SMS))["sms"]["ratio"] is None


def test_the_engine_alone_is_kept() -> None:
    assert as_json(Results(engine={"rcs": ENGINE}))["rcs"]["engine_messages_per_second"] == 64.0


def test_the_table_says_what_is_not_reached() -> None:
    lines = table(Results(sms=SMS, engine={"sms": ENGINE}, upload=UPLOAD)).splitlines()

    missed = [line for line in lines if line.endswith("not reached")]
    assert len(missed) == 1
    assert "checked" in missed[0]


def test_an_aged_product_is_compared_with_a_fresh_one_pair_by_pair() -> None:
    # The machine halves its speed between the pairs: the ratios do not care.
    pairs = (
        (Block(40.0, 20.0), Block(38.0, 22.0)),
        (Block(20.0, 40.0), Block(15.0, 48.0)),
        (Block(20.0, 40.0), Block(17.0, 46.0)),
    )
    results = Results(ageing=AgeingResult(50_000, pairs))

    assert as_json(results)["ageing"]["after_ratio"] == 0.85
    assert as_json(results)["ageing"]["after_cpu_ratio"] == 1.15
    missed = [line for line in table(results).splitlines() if line.endswith("not reached")]
    assert len(missed) == 2
    assert "After 50,000 more" in missed[0]


LINK = LinkResult(50, 10_000, 3400.0, 10_000, 3399.5, 0.28, 3000, 28.5, 48.5, 63.4)


def test_a_link_that_reaches_its_targets_stands_in_both_forms() -> None:
    content = as_json(Results(link=LINK))["link"]
    assert content["submits_per_second"] == 3400.0
    assert content["receipt_ms_p99"] == 48.5
    lines = table(Results(link=LINK)).splitlines()
    assert not [line for line in lines if line.endswith("not reached")]
    assert any("window 50" in line and "3400" in line for line in lines)


def test_a_slow_link_is_told_line_by_line() -> None:
    slow = replace(
        LINK, submits_per_second=499.0, receipts_per_second=400.0, receipts=9_999, receipt_ms_p99=100.0
    )
    missed = [line for line in table(Results(link=slow)).splitlines() if line.endswith("not reached")]
    assert len(missed) == 4


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (50.0, 99.0, 100.0)
    assert percentile([7.0], 99) == 7.0
