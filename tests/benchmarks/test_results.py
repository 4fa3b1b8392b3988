"""The table and ``var/bench.json``."""

from dataclasses import replace

from benchmarks.results import EngineResult, Results, ThroughputResult, UploadResult, as_json, table

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


def test_the_second_measurement_is_compared_with_the_first() -> None:
    later = ThroughputResult(3000, 30.0, {"portal": 1.5}, events=14.0, transitions=7.0)
    first = replace(later, messages_per_second=40.0, cpu_ms_by_process={"portal": 1.2})
    slower = replace(first, further_messages=50_000, after=later)

    assert slower.after_ratio == 0.75
    assert slower.after_cpu_ratio == 1.25
    assert as_json(Results(sms=slower))["sms"]["after_ratio"] == 0.75
    assert "after 50,000 more" in table(Results(sms=slower))
    by_cpu = next(line for line in table(Results(sms=slower)).splitlines() if "before, by CPU" in line)
    assert by_cpu.endswith("not reached")
