"""Whether a recipient of a request has the form it must have, looked at one by one (P-11, P-12)."""

from collections.abc import Mapping
from typing import Any

from domain.templates import variable_key
from domain.text_limits import (
    MAX_PHONE_NUMBER_LENGTH,
    MAX_VARIABLE_NAME_LENGTH,
    MAX_VARIABLE_VALUE_LENGTH,
    MAX_VARIABLES,
)
from domain.variable_names import clashing_names

_MEMBERS = frozenset({"phone_number", "variables"})

Mistake = dict[str, Any]


class RecipientForms:
    """Looks at the recipients of one request; most of them have the same names, which are judged once."""

    def __init__(self) -> None:
        self._judged: dict[tuple[str, ...], Mistake | None] = {}
        self._keys: dict[str, str] = {}

    def by_key(self, variables: dict[str, str]) -> dict[str, str]:
        """Return the variables of a recipient without mistakes by the keys that texts look for (P-12)."""
        if all(self._keys[name] == name for name in variables):
            return variables
        return {self._keys[name]: value for name, value in variables.items()}

    def mistake_in(self, item: object) -> Mistake | None:
        """Return what is wrong with a recipient and where within it; ``None`` if nothing is.

        Values are in no mistake: they may be personal data.
        """
        if not isinstance(item, dict):
            return _mistake("", "宛先はオブジェクトで指定してください。")
        number = item.get("phone_number")
        if not isinstance(number, str):
            return _mistake(".phone_number", "電話番号を文字列で指定してください。")
        if len(number) > MAX_PHONE_NUMBER_LENGTH:
            what = f"電話番号は{MAX_PHONE_NUMBER_LENGTH}文字以内で指定してください。"
            return _too_long(".phone_number", what, number, MAX_PHONE_NUMBER_LENGTH)
        variables = item.get("variables")
        if variables is not None and not isinstance(variables, dict):
            return _mistake(".variables", "変数はオブジェクトで指定してください。")
        if variables and (mistake := self._in_variables(variables)):
            return mistake
        if item.keys() <= _MEMBERS:
            return None
        return _mistake("", "phone_numberとvariables以外の項目は指定できません。")

    def _in_variables(self, variables: Mapping[str, object]) -> Mistake | None:
        for name, value in variables.items():
            if not isinstance(value, str):
                return _mistake(".variables", "変数の値は文字列で指定してください。")
            if len(value) > MAX_VARIABLE_VALUE_LENGTH:
                shown = name[:MAX_VARIABLE_NAME_LENGTH]
                what = f"変数「{shown}」の値は{MAX_VARIABLE_VALUE_LENGTH:,}文字以内にしてください。"
                return {**_too_long(".variables", what, value, MAX_VARIABLE_VALUE_LENGTH), "name": shown}
        names = tuple(variables)
        if names not in self._judged:
            self._judged[names] = self._in_names(names)
        found = self._judged[names]
        return None if found is None else dict(found)

    def _in_names(self, names: tuple[str, ...]) -> Mistake | None:
        if len(names) > MAX_VARIABLES:
            return too_many_variables(".variables")
        for name in names:
            if len(name) > MAX_VARIABLE_NAME_LENGTH:
                what = f"変数名は{MAX_VARIABLE_NAME_LENGTH}文字以内にしてください。"
                found = _too_long(".variables", what, name, MAX_VARIABLE_NAME_LENGTH)
                return {**found, "name": f"{name[:MAX_VARIABLE_NAME_LENGTH]}…"}
        keys = [(name, self._key(name)) for name in names]
        if len(self._keys) > MAX_VARIABLES:
            return too_many_variables(".variables")
        if not all(key for _, key in keys):
            return _mistake(".variables", "空の変数名は指定できません。", "variable_name_missing")
        if clashes := clashing_names(keys):
            first, second = clashes[0]
            what = f"変数名「{first}」と「{second}」は区別されません。どちらか1つにしてください。"
            return {**_mistake(".variables", what, "duplicate_variable"), "names": [first, second]}
        return None

    def _key(self, name: str) -> str:
        if name not in self._keys:
            self._keys[name] = variable_key(name)
        return self._keys[name]


def too_many_variables(field: str) -> Mistake:
    """Return the mistake of more names than a request may have."""
    what = f"変数名は1リクエストにつき{MAX_VARIABLES}種類までです。"
    return {**_mistake(field, what, "too_many_variables"), "limit": MAX_VARIABLES}


def _mistake(field: str, detail: str, code: str = "invalid_value") -> Mistake:
    return {"code": code, "field": field, "detail": detail}


def _too_long(field: str, detail: str, given: str, limit: int) -> Mistake:
    return {**_mistake(field, detail, "too_long"), "characters": len(given), "limit": limit}
