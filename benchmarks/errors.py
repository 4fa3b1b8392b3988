"""What makes a run of the benchmarks a failure."""


class BenchmarkFailed(Exception):
    """Something broke or a result was wrong; the message is shown as it stands."""
