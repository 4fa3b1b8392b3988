"""MaaP errors: an HTTP status and the body {"reason":{"code":…,"text":…}}."""


class MaapError(Exception):
    """What a MaaP answers instead of doing as asked. status: HTTP; code and text: the reason."""

    def __init__(self, status: int, code: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code} {text}")
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers


def bad_request(text: str) -> MaapError:
    """400: the request does not fit the schema."""
    return MaapError(400, 400, text)
