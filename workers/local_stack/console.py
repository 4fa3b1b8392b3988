"""What the person at the terminal sees. Plain lines without colour when headless or piped."""

import sys
from collections.abc import Iterable, Sequence

from workers.local_stack.run_file import OPERATOR_PATH, RunInformation

BOLD, DIM, RED, GREEN, RESET = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"


class Console:
    def __init__(self, *, headless: bool) -> None:
        self._colours = not headless and sys.stdout.isatty()

    def say(self, text: str) -> None:
        print(text, flush=True)

    def step(self, text: str) -> None:
        self.say(self._paint(DIM, f"  {text}"))

    def complain(self, text: str) -> None:
        print(self._paint(RED, text), file=sys.stderr, flush=True)

    def show(self, run: RunInformation, seconds: float) -> None:
        self.say(f"\n{self._paint(BOLD + GREEN, 'Everything answers')} after {seconds:.1f} s.\n")
        self._table(
            [
                ("Portal", run.portal_url),
                ("API", run.api_url),
                ("Temporal UI", run.temporal_ui_url or f"that of {run.temporal_address}"),
                ("Carrier simulator", run.simulator_url),
                ("Mails sent here", run.mail_url),
            ]
        )
        for company in run.companies:
            self.say(f"\n  {self._paint(BOLD, company.name)}   API key {company.api_key}")
            self._table([(user.role, user.login_id, user.password) for user in company.users])
        self.say(f"\n  {self._paint(BOLD, 'Operators')}   {run.portal_url}{OPERATOR_PATH}")
        self._table([(person.role, person.login_id, person.password) for person in run.operators])

    def farewell(self, var: object) -> None:
        self.say(
            self._paint(DIM, f"\n  Data, logs and run.json are in {var}.") + "\n  Ctrl-C stops everything."
        )

    def _table(self, rows: Iterable[Sequence[str]]) -> None:
        lines = list(rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            self.say("    " + "   ".join(cells).rstrip())

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self._colours else text
