"""The steps of a draft as typed fields: what a page shows, what was typed, what a draft keeps of it.

A draft holds whatever was typed (P-9): its content where that can hold it, and beside it the fields of a step
as they were typed where it cannot (half a date, texts of a second message nobody has chosen yet).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.datastructures import FormData

from domain.campaigns import CampaignContent
from domain.message_parts import utf16_length
from domain.templates import clean_text
from domain.text_limits import MAX_TEXT_LENGTH
from services.campaign_reports import CampaignView
from web.forms.fields import text_of
from web.forms.follow_up import FOLLOW_UP_FIELDS, shown_follow_up
from web.forms.options import shown_options
from web.forms.recipients import FILE, KEEP
from web.wording.problems import FieldError
from web.wording.steps import field_label

Fields: TypeAlias = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """The fields of one page, in its order. What is not posted is unticked in ``boxes`` and ``lists``."""

    name: str
    fields: tuple[str, ...]
    boxes: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


_BOXES, _LISTS = frozenset({"exclude_opt_outs", "recycling_check"}), frozenset({"carriers"})
_CONTENT = ("channel_plan", "rcs_text", "sms_text", *FOLLOW_UP_FIELDS)
_OPTIONS = (
    "when",
    "send_at-date",
    "send_at-time",
    "carrier_choice",
    "carriers",
    "exclude_opt_outs",
    "recycling_check",
    "recycling_reference_on",
)
RECIPIENTS = Step("recipients", ("name", "upload_id", "source", "typed"))
CONTENT = Step("content", _CONTENT)
OPTIONS = Step("options", _OPTIONS, _BOXES, _LISTS)
EDIT = Step("edit", ("name", *_CONTENT, "upload_id", *_OPTIONS), _BOXES, _LISTS)


def typed_in(step: Step, form: FormData, shown: Mapping[str, str | list[str]]) -> Fields:
    """Return the posted fields, cleaned as they would be stored; what the page did not ask for as it is."""
    typed: Fields = {}
    for name in step.fields:
        if name in step.lists:
            values = [value for value in form.getlist(name) if isinstance(value, str)]
            typed[name] = [clean_text(value) for value in values]
        elif name in step.boxes or name in form:
            typed[name] = clean_text(text_of(form, name))
        else:
            typed[name] = shown.get(name, "")
    if isinstance(given := typed.get("name"), str):
        typed["name"] = given.strip()
    return typed


def as_pairs(typed: Fields) -> list[tuple[str, str]]:
    """Return typed fields as the fields of a form."""
    lists = [(name, value if isinstance(value, list) else [value]) for name, value in typed.items()]
    return [(name, each) for name, values in lists for each in values]


def as_form(typed: Fields) -> FormData:
    """Return typed fields as if they had just been posted."""
    return FormData([*as_pairs(typed)])


def fields_of(step: Step, content: CampaignContent, upload_id: object = None) -> Fields:
    """Return the fields of a step as ``content`` has them."""
    every: Fields = {
        "name": content.name,
        "upload_id": str(upload_id or ""),
        "source": KEEP if upload_id else FILE,
        "typed": "",
        "channel_plan": content.channel_plan.value,
        "sms_text": content.sms_text or "",
        "rcs_text": content.rcs_text or "",
        **shown_follow_up(content.follow_up),
        **shown_options(content),
    }
    return {name: every[name] for name in step.fields if name in every}


def shown_fields(step: Step, view: CampaignView) -> Fields:
    """Return what the page of a step shows: what was typed last, wherever the content cannot hold it."""
    return {**fields_of(step, view.content, view.upload_id), **view.typed.get(step.name, {})}


def kept_beside(
    step: Step, view: CampaignView, typed: Fields, content: CampaignContent
) -> dict[str, Mapping[str, str | list[str]]]:
    """Return what a draft keeps of its steps as they were typed, once ``content`` is saved for this one."""
    kept = {name: fields for name, fields in view.typed.items() if name != step.name}
    return kept if fields_of(step, content, typed.get("upload_id")) == typed else {**kept, step.name: typed}


def version_of(step: Step, view: CampaignView, *more: str) -> str:
    """Return what a form carries to tell what it was made from: the campaign's version, and of this step."""
    return f"{view.version}.{_digest(step, view, *more)}"


def was_changed(step: Step, view: CampaignView, sent: str, *more: str) -> bool:
    """Whether somebody saved other fields of this step since the form with ``sent`` was shown."""
    version, _, digest = sent.partition(".")
    return version != str(view.version) and digest != _digest(step, view, *more)


def too_long(step: Step, typed: Fields) -> list[FieldError]:
    """Return the fields that are longer than a draft keeps."""
    return [
        FieldError(
            name,
            f"{field_label(name)}が長すぎます（{utf16_length(value):,}文字）。",
            f"{MAX_TEXT_LENGTH:,}文字を超える文章は、下書きにも保存できません。短くしてください。",
        )
        for name, value in typed.items()
        if isinstance(value, str) and len(value) > MAX_TEXT_LENGTH
    ]


def _digest(step: Step, view: CampaignView, *more: str) -> str:
    shown = json.dumps([shown_fields(step, view), more], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
