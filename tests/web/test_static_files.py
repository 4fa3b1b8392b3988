"""Static files are asked for once: names with the hash of their content, compressed; so are pages."""

import gzip
import re
from pathlib import Path

import brotli
import pytest

from tests.web.staff import Staff
from web.static_files import BUNDLES, FOREVER, SHELF, STATIC, StaticShelf

ADDRESS = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def files_of(html: str) -> list[str]:
    return ADDRESS.findall(html)


async def test_a_page_names_its_files_by_their_content(visitor: Staff) -> None:
    """A browser keeps each for ever, as its address changes with it."""
    await visitor.open("/sign-in")
    files = files_of(visitor.response.text)
    assert len(files) == len(set(files))
    assert len([file for file in files if ".css" in file]) == 1
    for file in files:
        assert re.search(r"\.[0-9a-f]{16}\.\w+$", file), file
        answer = await visitor.client.get(file)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOREVER)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["vary"] == "Accept-Encoding"


async def test_both_sides_have_their_sheets(visitor: Staff) -> None:
    await visitor.open("/operator/sign-in")
    (sheet,) = [file for file in files_of(visitor.response.text) if ".css" in file]
    text = (await visitor.client.get(sheet)).text
    assert ".operator-header" in text
    assert text.index(".operator-header") < text.index("forced-colors")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_browser_gets_the_encoding_it_takes(
    visitor: Staff, accepted: str, encoding: str | None
) -> None:
    file = SHELF.file("css/portal.css")
    request = visitor.client.build_request("GET", file.address, headers={"Accept-Encoding": accepted})
    answer = await visitor.client.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)
    assert unpack(raw) == file.content
    assert encoding is None or len(raw) < len(file.content) / 3


async def test_modules_import_each_other_by_the_names_they_are_served_under(visitor: Staff) -> None:
    """What a module imports is there, unchanged for ever, and fetched beside it."""
    await visitor.open("/sign-in")
    portal = SHELF.file("js/portal.js")
    imported = re.findall(r'from "([^"]+)"', portal.content.decode())
    assert len(imported) >= 4
    assert set(imported) <= set(files_of(visitor.response.text))
    for address in imported:
        answer = await visitor.client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript")


async def test_a_page_from_before_an_upgrade_still_finds_its_files(visitor: Staff) -> None:
    """While replicas change, an older page asks a newer one; what it gets is not kept for ever."""
    answer = await visitor.client.get("/static/css/portal.0123456789abcdef.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    for address in (
        "/static/css/nothing.0123456789abcdef.css",
        "/static/../web/app.py",
        "/static/js",
        "/static/",
    ):
        assert (await visitor.client.get(address)).status_code == 404, address
    assert (await visitor.client.post(SHELF.address("css/portal.css"))).status_code in (403, 405)


def test_a_name_changes_with_the_file_and_with_what_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "a.css").write_text("a { background: url(a.svg) } b { background: url(data:x) }")
    (tmp_path / "js" / "portal.js").write_text('import { b } from "./b.js";')
    (tmp_path / "js" / "b.js").write_text("export const b = 1;")
    before = StaticShelf(tmp_path, {})
    assert before.file("a.svg").address in before.file("a.css").content.decode()
    assert "data:x" in before.file("a.css").content.decode()
    assert before.modules() == [before.address("js/b.js")]
    (tmp_path / "js" / "b.js").write_text("export const b = 2;")
    (tmp_path / "a.svg").write_text("<svg></svg>")
    after = StaticShelf(tmp_path, {})
    for name in ("a.svg", "a.css", "js/b.js", "js/portal.js"):
        assert before.address(name) != after.address(name), name
    assert StaticShelf(tmp_path, {}).address("js/portal.js") == after.address("js/portal.js"), (
        "in every process"
    )


def test_what_imports_itself_or_nothing_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "portal.js").write_text('import { b } from "./b.js";')
    with pytest.raises(KeyError):
        StaticShelf(tmp_path, {})
    (tmp_path / "js" / "b.js").write_text('import "./portal.js";')
    with pytest.raises(KeyError):
        StaticShelf(tmp_path, {})


def test_every_sheet_is_in_a_bundle() -> None:
    """A new sheet that nobody sends would style nothing."""
    sheets = {f"css/{path.name}" for path in (STATIC / "css").glob("*.css")}
    assert sheets == {sheet for bundle in BUNDLES.values() for sheet in bundle}


async def test_pages_are_compressed_and_programs_answers_are_left_alone(owner: Staff) -> None:
    answer = await owner.client.get("/help", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "使い方" in answer.text
    plain = await owner.client.get("/help", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    machine = await owner.client.get("/api/v1/nothing", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in machine.headers


async def test_the_token_of_forms_is_never_written_the_same_way_twice(owner: Staff) -> None:
    """BREACH: a page that is asked for again and again shows no secret that stays."""
    tokens = set()
    for _ in range(3):
        await owner.open("/help")
        tokens.add(dict(owner.form_of("ログアウト").fields)["csrf_token"])
    assert len(tokens) == 3
    for token in tokens:
        answer = await owner.client.post("/log", data={"csrf_token": token})
        assert answer.status_code == 303
    for wrong in (token[:-1], token[:64], "0" * 128, "g" * 128, ""):
        assert (await owner.client.post("/log", data={"csrf_token": wrong})).status_code == 403
