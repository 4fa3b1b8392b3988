"""Static files under names that change with their content, so that a browser asks for each of them once.

Read, named and compressed when the process starts: style sheets as one file for each side, modules of scripts
with the names of those they import. A file's own name still leads to it, to be asked about each time.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import brotli
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
STATIC_PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"

_SHEETS = ("tokens", "base", "layout", "forms", "components", "tables", "lists", "journey", "phone", "saving")
# What is sent as one file, in this order: the later sheet has the last word.
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "css/portal.css": tuple(f"css/{name}.css" for name in (*_SHEETS, "adaptations")),
    "css/operators.css": tuple(f"css/{name}.css" for name in (*_SHEETS, "operator", "adaptations")),
}
_NAMED_SCRIPT = "js/portal.js"
_REFERENCE = {
    # Between our modules plain relative imports, in sheets relative addresses of our files.
    ".js": re.compile(
        r"""(?P<before>(?:\bfrom|\bimport)\s*\(?\s*["'])(?P<name>\.{1,2}/[^"']+)(?P<after>["'])"""
    ),
    ".css": re.compile(r"""(?P<before>url\(\s*["']?)(?P<name>[^"')\s:]+)(?P<after>["']?\s*\))"""),
}
_HASH_CHARACTERS = 16
_HASHED = re.compile(rf"(?P<stem>.+)\.[0-9a-f]{{{_HASH_CHARACTERS}}}(?P<suffix>\.[a-z]+)")
_COMPRESSED = {".css", ".js", ".svg"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: ``name`` below ``/static/`` with the hash in it, and its encodings."""

    name: str
    media_type: str
    content: bytes
    encoded: Mapping[str, bytes]

    @property
    def address(self) -> str:
        """Where pages point to."""
        return f"{STATIC_PREFIX}{self.name}"

    def best_for(self, accepted: str) -> tuple[str | None, bytes]:
        """Return the encoding to use with what a browser accepts, and the bytes."""
        words = {
            word.partition(";")[0].strip()
            for word in accepted.lower().split(",")
            if not re.search(r";\s*q=0(\.0*)?\s*$", word)
        }
        encoding = next((name for name in self.encoded if name in words), None)
        return encoding, self.encoded[encoding] if encoding else self.content


class StaticShelf:
    """All files by their plain name; what refers to others bears the hash of what it refers to."""

    def __init__(self, folder: Path = STATIC, bundles: Mapping[str, tuple[str, ...]] = BUNDLES) -> None:
        self._folder, self._bundles = folder, bundles
        self._files: dict[str, StaticFile] = {}
        self._reading: list[str] = []
        for name in (*bundles, *self._names()):
            self.file(name)
        self._by_hashed = {file.name: file for file in self._files.values()}

    def file(self, name: str) -> StaticFile:
        """Return a file by its plain name; ``KeyError`` for one that is not there, or imports itself."""
        if name not in self._files:
            if name in self._reading:
                raise KeyError(f"imports itself: {name}")
            self._reading.append(name)
            self._files[name] = self._made(name)
            self._reading.remove(name)
        return self._files[name]

    def address(self, name: str) -> str:
        """Return the address of a file for a page."""
        return self.file(name).address

    def modules(self) -> list[str]:
        """Return the addresses of the modules the portal's script imports: to be fetched beside it."""
        return [self.address(name) for name in self._imported(_NAMED_SCRIPT)]

    def hashed(self, name: str) -> StaticFile | None:
        """Return the file with exactly this hash in its name."""
        return self._by_hashed.get(name)

    def same_file(self, name: str) -> StaticFile | None:
        """Return the file as it is now under a name of another version, or a bundle under its plain one."""
        match = _HASHED.fullmatch(name)
        return self._files.get(f"{match['stem']}{match['suffix']}" if match else name)

    def _names(self) -> Iterator[str]:
        return (
            path.relative_to(self._folder).as_posix()
            for path in sorted(self._folder.rglob("*"))
            if path.is_file()
        )

    def _made(self, name: str) -> StaticFile:
        content = self._content(name)
        digest = hashlib.sha256(content).hexdigest()[:_HASH_CHARACTERS]
        stem, suffix = posixpath.splitext(name)
        encoded = {}
        if suffix in _COMPRESSED:
            # Same bytes for the same file in every process: no time of day inside.
            encoded = {"br": brotli.compress(content), "gzip": gzip.compress(content, mtime=0)}
        media_type = "text/javascript" if suffix == ".js" else mimetypes.guess_type(name)[0]
        return StaticFile(
            f"{stem}.{digest}{suffix}", media_type or "application/octet-stream", content, encoded
        )

    def _content(self, name: str) -> bytes:
        if name in self._bundles:
            return b"\n".join(self._content(part) for part in self._bundles[name])
        path = self._folder / name
        if not path.is_file():
            raise KeyError(name)
        pattern = _REFERENCE.get(path.suffix)
        if pattern is None or "vendor" in path.parts:
            return path.read_bytes()

        def renamed(match: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), match["name"]))
            return f"{match['before']}{self.file(target).address}{match['after']}"

        return pattern.sub(renamed, path.read_text("utf-8")).encode()

    def _imported(self, name: str, seen: tuple[str, ...] = ()) -> Iterator[str]:
        text = (self._folder / name).read_text("utf-8")
        for match in _REFERENCE[".js"].finditer(text):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), match["name"]))
            if target not in seen:
                yield target
                seen = (*seen, target)
                yield from (other for other in self._imported(target, seen) if other not in seen)


SHELF = StaticShelf()


class HashedStaticFiles(StaticFiles):
    """Serves what is on the shelf under hashed names for ever; plain names as any static file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request below ``/static/``."""
        request = Request(scope)
        name = self.get_path(scope)
        hashed = SHELF.hashed(name)
        file = hashed or (None if (STATIC / name).is_file() else SHELF.same_file(name))
        if file is None or request.method not in ("GET", "HEAD"):
            await super().__call__(scope, receive, send)
            return
        encoding, content = file.best_for(Headers(scope=scope).get("accept-encoding", ""))
        headers = {"Vary": "Accept-Encoding", "Content-Type": file.media_type}
        if encoding:
            headers["Content-Encoding"] = encoding
        if hashed:
            headers["Cache-Control"] = FOREVER
        await Response(content, headers=headers)(scope, receive, send)
