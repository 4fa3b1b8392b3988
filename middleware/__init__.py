"""What every request passes before a page, the API or a callback sees it: plain ASGI, no rule of ours."""
