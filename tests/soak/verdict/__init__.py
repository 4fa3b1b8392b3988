"""Whether the books agree after the run. ``judge`` tells everything that does not, not only the first."""

from collections.abc import Callable

from tests.soak.verdict import records, resources, unknowns
from tests.soak.verdict.books import Books

CHECKS: tuple[Callable[[Books], None], ...] = (
    unknowns.check_words_count,
    unknowns.check_all_left,
    unknowns.check_unknown_is_explained,
    records.check_deliveries_have_a_word,
    records.check_no_attempt_waits,
    records.check_inbox_is_empty,
    records.check_no_workflow_runs,
    records.check_charges_have_arrived,
    records.check_arrivals_are_charged,
    resources.check_memory_and_handles,
    resources.check_disk,
)


def complaints(checks: list[Callable[[], None]]) -> list[str]:
    """Run every check; return what each that fails says."""
    said = []
    for check in checks:
        try:
            check()
        except AssertionError as wrong:
            said.append(str(wrong))
    return said


def judge(books: Books) -> list[str]:
    """Return what is wrong in the books, empty if they agree."""
    return complaints([lambda check=check: check(books) for check in CHECKS])  # type: ignore[misc]
