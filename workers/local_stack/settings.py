"""What one start of the local stack is told: where its data lives and what the environment asks for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.local_stack.ports import read_ports

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class StackSettings:
    var: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]  # as found at the start; what it holds already wins
    headless: bool
    start_seconds: float = 120.0
    stop_seconds: float = 28.0  # of the 30 that are promised

    @property
    def own_postgres(self) -> bool:
        return not self.environment.get("DATABASE_URL")

    @property
    def own_temporal(self) -> bool:
        return not self.environment.get("TEMPORAL_ADDRESS")

    @property
    def run_file(self) -> Path:
        return self.var / "run.json"

    @property
    def demo_file(self) -> Path:
        return self.var / "demo.json"

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"


def read_settings(environment: Mapping[str, str], *, headless: bool) -> StackSettings:
    var = Path(environment.get("VAR_DIR") or ROOT / "var").absolute()
    return StackSettings(var, read_ports(environment), dict(environment), headless)


def private_file(path: Path, text: str) -> None:
    """Write a file only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
