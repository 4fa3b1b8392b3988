"""Reads pages as a browser without JavaScript does: links, forms with their fields, visible words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form: its address, method, the fields it would send, and the names of those a person fills in."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def filled(self, **values: str | list[str]) -> dict[str, list[str]]:
        """The fields to send, some of them filled in or ticked (``__`` in a name stands for ``-``)."""
        sent: dict[str, list[str]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        for key, given in values.items():
            sent[key.replace("__", "-")] = given if isinstance(given, list) else [given]
        return sent

    def empty(self) -> dict[str, list[str]]:
        """What is sent when nothing is filled in, chosen or ticked."""
        return {name: values for name, values in self.filled().items() if name not in self.asked}


@dataclass
class Page:
    """What a page offers."""

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    text: str = ""
    problems: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._textarea: str | None = None
        self._select: str | None = None
        self._texts: list[str] = []
        self._landmarks: list[tuple[str, str, str]] = []
        self._heading: tuple[str, int] | None = None
        self._names: dict[str, str] = {}
        self._since = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self._check(tag, given)
        self._note_landmark(tag, given)
        if tag in ("h1", "h2", "h3") and "id" in given:
            self._heading = (given["id"], len(self._texts))
        if tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.page.forms.append(self._form)
        elif tag in ("select", "textarea"):
            self._add_choice_or_text(tag, given["name"])
        elif tag == "button" and given.get("type") == "submit":
            self._button, self._since = (given.get("name", ""), given.get("value", "")), len(self._texts)
        elif self._form is not None:
            self._add_field(tag, given)

    def _add_choice_or_text(self, tag: str, name: str) -> None:
        if self._form is not None:
            self._form.asked.add(name)
        if tag == "select":
            self._select = name
        else:
            self._textarea, self._since = name, len(self._texts)

    def _add_field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        if tag == "input" and given.get("name"):
            if given.get("type") != "hidden":
                self._form.asked.add(given["name"])
            choice = given.get("type") in ("radio", "checkbox")
            if given.get("type") != "file" and (not choice or "checked" in given):
                self._form.fields.append((given["name"], given.get("value", "")))
        elif tag == "option" and self._select and "selected" in given:
            self._form.fields.append((self._select, given["value"]))

    def _check(self, tag: str, given: dict[str, str]) -> None:
        """Note what the Content-Security-Policy would refuse, and ids used twice."""
        inline = [name for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if inline or tag == "style" or (tag == "script" and "src" not in given):
            self.page.problems.append(f"inline code in <{tag}>: {inline}")
        if identity := given.get("id"):
            if identity in self.page.ids:
                self.page.problems.append(f"id used twice: {identity}")
            self.page.ids.append(identity)

    def _note_landmark(self, tag: str, given: dict[str, str]) -> None:
        role = given.get("role") or {"section": "region", "nav": "navigation", "form": "form"}.get(tag)
        if role in ("region", "navigation", "search", "form"):
            self._landmarks.append((role, given.get("aria-label", ""), given.get("aria-labelledby", "")))

    def _heard(self, label: str, labelled_by: str) -> str:
        """The name a screen reader says, as far as it is a heading's of the same page."""
        return label or self._names.get(labelled_by, "")

    def handle_endtag(self, tag: str) -> None:
        words = "".join(self._texts[self._since :])
        if tag in ("h1", "h2", "h3") and self._heading is not None:
            self._names[self._heading[0]] = "".join(self._texts[self._heading[1] :]).strip()
            self._heading = None
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._form is not None and self._textarea:
            self._form.fields.append((self._textarea, words.removeprefix("\n")))
            self._textarea = None
        elif tag == "button" and self._form is not None and self._button is not None:
            self._form.buttons.append((words.strip(), *self._button))
            self._button = None

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    def done(self) -> Page:
        self.page.text = " ".join("".join(self._texts).split())
        named = [(role, self._heard(*names)) for role, *names in self._landmarks]
        twice = {landmark for landmark in named if landmark[1] and named.count(landmark) > 1}
        self.page.problems += [f"two landmarks with one name: {landmark}" for landmark in sorted(twice)]
        return self.page


def read_page(html: str) -> Page:
    """Read one page."""
    reader = _Reader()
    reader.feed(html)
    return reader.done()
