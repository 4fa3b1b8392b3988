"""Pages that open without a sign-in. Every other route names the permission it requires."""

PUBLIC_ROUTES: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("GET", "/password-reset"),
        ("POST", "/password-reset"),
        ("GET", "/password-reset/code"),
        ("POST", "/password-reset/code"),
        ("GET", "/operator/sign-in"),
        ("POST", "/operator/sign-in"),
    }
)
