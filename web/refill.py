"""Puts typed values back into the forms of a page that has just been made, whatever page it is.

The page is one of ours: well-formed, with quoted attributes. Values go in escaped; hidden fields stay as they
are, but for what tells from which version the typing began.
"""

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

_TYPED = frozenset({"text", "email", "search", "tel", "url", "number", "date", "time"})
_CHOSEN = frozenset({"radio", "checkbox"})
_HIDDEN_TOO = frozenset({"version", "upload_id", "shown_column"})


def refill(html: str, path: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return the page with ``fields`` in its forms that are posted to ``path``."""
    reader = _Refill(path, fields)
    reader.feed(html)
    reader.close()
    return "".join(reader.out)


class _Refill(HTMLParser):
    def __init__(self, path: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._path = path
        self._values: dict[str, list[str]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)
        self._is_inside = False
        self._select: list[str] | None = None
        self._drops = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, dict(attrs), self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, dict(attrs), self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._drops = False
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._add(f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self._add(f"<!--{data}-->")

    def _add(self, words: str) -> None:
        if not self._drops:
            self.out.append(words)

    def _start(self, tag: str, given: dict[str, str | None], written: str) -> None:
        if tag == "form":
            self._is_inside = given.get("method") == "post" and given.get("action") == self._path
        name = given.get("name") or ""
        if self._is_inside and tag == "option" and self._select is not None:
            written = _with(written, "selected", given, given.get("value") in self._select)
        elif self._is_inside and name:
            written = self._field(tag, name, given, written)
        self.out.append(written)
        if self._is_inside and tag == "textarea" and name in self._values:
            # The first line break of a textarea is no part of its text.
            self.out.append("\n" + escape(self._values[name][0]))
            self._drops = True

    def _field(self, tag: str, name: str, given: dict[str, str | None], written: str) -> str:
        kind = given.get("type") or "text"
        values = self._values.get(name)
        if tag == "select":
            self._select = values
        elif tag == "input" and kind in _CHOSEN:
            # What was not ticked was not sent: the form as a whole was.
            if kind == "checkbox" or values is not None:
                return _with(written, "checked", given, given.get("value") in (values or []))
        elif tag == "input" and values is not None and (kind in _TYPED or name in _HIDDEN_TOO):
            return _with_value(written, given, values[0])
        return written


def _with(written: str, attribute: str, given: dict[str, str | None], wanted: bool) -> str:
    """Return a tag with or without an attribute that has no value."""
    if (attribute in given) == wanted:
        return written
    return written[:-1] + f" {attribute}>" if wanted else written.replace(f" {attribute}", "", 1)


def _with_value(written: str, given: dict[str, str | None], value: str) -> str:
    old = given.get("value")
    plain = f'value="{escape(value)}"'
    if old is None:
        return f"{written[:-1]} {plain}>"
    begins = written.index(' value="') + 1
    ends = written.index('"', begins + len('value="')) + 1
    return written[:begins] + plain + written[ends:]
