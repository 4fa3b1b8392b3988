"""The rules' findings, beside the fields of one step."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from domain.campaigns import CampaignContent, ProblemFound, problems_of
from web.wording.problems import FieldError, explain


def problems_at(
    fields: Collection[str], content: CampaignContent, columns: Sequence[str] | None, now: datetime
) -> list[FieldError]:
    """Return what is wrong with the given fields of ``content``, in words."""
    return explained(found for found in problems_of(content, columns, now) if found.field in fields)


def explained(found: Iterable[ProblemFound]) -> list[FieldError]:
    """Return problems in words."""
    return [explain(problem) for problem in found]
