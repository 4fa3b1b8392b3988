"""What every problem answer must be."""

from typing import Any

import httpx


def problem_of(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem after checking its form (RFC 9457)."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"].endswith(code)
    assert all({"code", "detail"} <= set(error) for error in problem["errors"])
    return problem
