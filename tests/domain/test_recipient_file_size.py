"""The largest list a campaign takes, checked in a process of its own (P-10, P-11)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.domain.recipient_file_samples import recipient_lines, recipient_rows, xlsx_file

ROOT = Path(__file__).resolve().parents[2]
# The promise is 20 s on two cores; alone on a machine it is 3 s for CSV and 7 s for XLSX. A busy machine
# counts more CPU seconds for the same work.
MOST_CPU_SECONDS = 20
MOST_MEGABYTES = 250

# Processor time, not time on the clock: other tests may run beside it.
MEASURE = """
import json, sys, time
from pathlib import Path
from domain.recipient_files import CheckedRow, check_rows, inspect_file
from domain.templates import parse_template

with open(sys.argv[1], "rb") as file:
    shape = inspect_file(sys.argv[1], file)
    sms = parse_template("{{氏名}} 様\\n{{店舗}}のご予約は{{期限}}までです。{{短縮URL1}}")
    started = time.process_time()
    result = check_rows(shape, file, phone_column=0, sms=sms)
    valid = sum(1 for row in result if isinstance(row, CheckedRow))
    seconds = time.process_time() - started
# Not getrusage: a child inherits its parent's peak there.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
megabytes = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps({"valid": valid, "seconds": seconds, "megabytes": megabytes}))
"""


@pytest.mark.parametrize("name", ["recipients.csv", "recipients.xlsx"])
def test_a_quarter_of_a_million_rows_take_seconds_and_little_memory(name: str, tmp_path: Path) -> None:
    """P-10: 250,000 recipients; a web worker checks several files at a time."""
    path = tmp_path / name
    if name.endswith(".csv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(recipient_lines(250_000))
    else:
        path.write_bytes(xlsx_file(recipient_rows(250_000)).getvalue())
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=ROOT, capture_output=True, check=True, timeout=120
    )
    measured = json.loads(run.stdout)
    assert measured["valid"] == 250_000
    assert measured["seconds"] < MOST_CPU_SECONDS, measured
    assert measured["megabytes"] < MOST_MEGABYTES, measured
