"""What `tpi doctor` found, on a terminal or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from extractor import __version__
from extractor.doctor import Check

__all__ = ["print_checks", "print_json"]

_STYLES = {"ok": "green", "note": "yellow", "wrong": "bold red"}


def print_checks(checks: Sequence[Check]) -> None:
    """Print each check on its line, with what to do below it, and a verdict."""
    console = Console(highlight=False)
    console.print(Text(f"tpi-extractor {__version__}", style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        said = Text(check.found)
        if check.advice:
            said.append(f"\n{check.advice}", style="bold" if check.state == "wrong" else "dim")
        table.add_row(Text(check.state, style=_STYLES[check.state]), check.name, said)
    console.print(table)
    wrong = sum(check.state == "wrong" for check in checks)
    notes = sum(check.state == "note" for check in checks)
    if wrong:
        console.print(Text(f"{wrong} thing{'s' if wrong > 1 else ''} to mend.", style="bold red"))
    else:
        noted = f" {notes} thing{'s' if notes > 1 else ''} noted." if notes else ""
        console.print(Text(f"Nothing is wrong.{noted}", style="green"))


def print_json(checks: Sequence[Check]) -> None:
    """Print the checks as one JSON document: ``version``, ``healthy``, ``checks``."""
    healthy = all(check.state != "wrong" for check in checks)
    document = {"version": __version__, "healthy": healthy, "checks": [asdict(check) for check in checks]}
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
