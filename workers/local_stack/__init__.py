"""`python -m workers run`: the whole product on one machine, servers included."""

from workers.local_stack.stack import run_local_stack

__all__ = ["run_local_stack"]
