"""``tpi policy`` and ``tpi explain``; the lead's ``extractor.cli`` wires them in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

__all__ = ["explain", "policy_app"]

policy_app = typer.Typer(help="Policies: which reading of the open questions, and which payer's rules.")

_WRONG_USAGE = 2


@policy_app.command("list")
def list_command() -> None:
    """List the policies, the shipped ones and your own."""
    from rich.console import Console
    from rich.table import Table

    from extractor.coding.policy import list_policies, load_policy

    table = Table("policy", "what", "inherits", "confidence")
    for name in list_policies():
        policy = load_policy(name)
        parent = policy.inherits.id if policy.inherits else ""
        table.add_row(name, policy.title, parent, policy.confidence)
    Console().print(table)


@policy_app.command("show")
def show_command(
    name: Annotated[str | None, typer.Argument(help="Name or file; without it, the policy in force.")] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of service; without it, today's rules.")
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, as for tpi extract.")] = None,
) -> None:
    """Show every setting of a policy, and who says so."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from extractor.coding.configuration import resolve_policy
    from extractor.coding.errors import PolicyError
    from extractor.coding.settings import KEYS

    try:
        policy = resolve_policy(name, settings or ())
        answers = policy.at(date.date() if date else None)
    except PolicyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_WRONG_USAGE) from error
    console = Console()
    console.print(f"[bold]{escape(policy.id)}[/bold]: {escape(policy.title)} (version {policy.version})")
    if policy.description:
        console.print(escape(policy.description))
    table = Table("setting", "value", "decides", "from")
    for key in KEYS.values():
        table.add_row(
            key.name, escape(_written(getattr(answers, key.name))), key.description, escape(answers.source(key.name))
        )
    console.print(table)


def _written(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(value) or "(empty)"
    return str(value).lower() if isinstance(value, bool) else str(value)


@policy_app.command("check")
def check_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names or files; without any, all policies and all rules.")
    ] = None,
) -> None:
    """Check policies: keys, values, dates, sources. Exit status 1 if anything is wrong."""
    from extractor.coding.check import check_facts, check_policy
    from extractor.coding.facts import facts_of
    from extractor.coding.policy import list_policies

    facts = facts_of(None)
    problems = [problem for name in names or list_policies() for problem in check_policy(name, facts)]
    if not names:
        problems += check_facts(facts)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{len(names or list_policies())} policies checked: nothing wrong.")


def explain(rule: Annotated[str, typer.Argument(help="A rule that a reason cites, or the id of a finding.")]) -> None:
    """Print a rule: what it says, its sources, its dates of service and its confidence."""
    from extractor.coding.explain import explain_rule
    from extractor.coding.facts import facts_of

    try:
        typer.echo(explain_rule(rule, facts_of(None)))
    except KeyError as error:
        typer.echo(error.args[0], err=True)
        raise typer.Exit(_WRONG_USAGE) from error
