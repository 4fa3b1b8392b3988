"""The table and ``var/bench.json``."""

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
