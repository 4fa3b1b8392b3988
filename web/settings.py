"""What the portal must be told by whoever starts it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSignIn:
    """A ready-made sign-in, shown beside the form on a local installation only; ``role`` is a ``Role``."""

    company: str
    role: str
    login_id: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOperatorSignIn:
    """The same for the operators' side; ``role`` is an ``OperatorRole``."""

    role: str
    login_id: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the portal, read once by the composition root.

    ``cookie_secure`` is off only where the portal is served over plain HTTP on the own machine.
    ``machine_paths`` begin addresses that programs call: their answers are left to the API.
    """

    portal_url: str
    cookie_secure: bool = True
    # Seals second factors and the passwords in mails (``services/secret_box.py``).
    encryption_key: str = field(default="", repr=False)
    # A sign-in or reset that fails answers no sooner, so that times tell nothing about accounts (C-3, C-4).
    failure_seconds: float = 0.4
    demo_sign_ins: tuple[DemoSignIn, ...] = ()
    demo_operators: tuple[DemoOperatorSignIn, ...] = ()
    max_upload_bytes: int = 50 * 1024 * 1024
    machine_paths: tuple[str, ...] = ("/api", "/callbacks", "/health", "/metrics")

    def is_machine_path(self, path: str) -> bool:
        """Whether a program, not a person, is to read the answer."""
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in self.machine_paths)
