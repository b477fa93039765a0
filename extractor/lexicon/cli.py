"""``tpi lexicon check|find|stats``: a thin layer over the functions of this package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["lexicon_app"]

lexicon_app = typer.Typer(help="The knowledge: validate it, look a name up, count its coverage.", no_args_is_help=True)

Dirs = Annotated[
    list[Path] | None,
    typer.Option("--lexicon-dir", help="A practice's own folder of tables; may be given several times."),
]


def _load(dirs: list[Path] | None):  # type: ignore[no-untyped-def]  # importing the type costs start-up time
    from extractor.lexicon import LexiconError, load_lexicon

    try:
        return load_lexicon(dirs or ())
    except (LexiconError, FileNotFoundError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@lexicon_app.command()
def check(lexicon_dir: Dirs = None) -> None:
    """Validate the tables of muscles and names; print each problem with its file and line."""
    from extractor.lexicon.check import check_lexicon

    lexicon = _load(lexicon_dir)
    problems = check_lexicon(lexicon)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        typer.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Lexicon {lexicon.version}: no problems.")


@lexicon_app.command()
def find(
    form: Annotated[str, typer.Argument(help="A name as notes write it, such as 'lev scap' or 'upper traps'.")],
    lexicon_dir: Dirs = None,
) -> None:
    """Look a name up: what it means, or which names are near."""
    from rich.console import Console
    from rich.table import Table

    from extractor.lexicon.lookup import find_form
    from extractor.lexicon.rows import MuscleForm, RegionForm

    lexicon = _load(lexicon_dir)
    found = find_form(lexicon, form)
    console = Console()
    if not found.rows:
        near = f" Near: {', '.join(found.suggestions)}." if found.suggestions else ""
        console.print(f"No form {found.form!r}.{near}", markup=False, highlight=False)
        raise typer.Exit(1)
    table = Table("means", "what", "portion", "type", "context")
    for row in found.rows:
        if isinstance(row, MuscleForm):
            names = ", ".join(f"{target} ({lexicon.muscles[target].kind})" for target in row.target)
            portion = row.portion or ", ".join(found.portions)
            table.add_row(names, "muscle", portion, row.type, ", ".join(row.prefer))
        elif isinstance(row, RegionForm):
            table.add_row(row.region, row.kind, "", "", "")
        else:
            table.add_row(row.sense, row.kind, "", "other sense", ", ".join(row.prefer))
    console.print(table)


@lexicon_app.command()
def stats(lexicon_dir: Dirs = None) -> None:
    """Count what the lexicon covers."""
    from rich.console import Console
    from rich.table import Table

    from extractor.lexicon import LexiconError
    from extractor.lexicon.stats import lexicon_stats

    lexicon = _load(lexicon_dir)
    try:
        counts = lexicon_stats(lexicon)
    except LexiconError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    table = Table("region", "muscles", "groups", "with an id", "forms", title=f"Lexicon {counts.version}")
    for region in counts.regions:
        cells = (region.muscles, region.groups, region.identified, region.forms)
        table.add_row(region.region, *(str(cell) for cell in cells))
    total = [sum(column) for column in zip(*((r.muscles, r.groups, r.identified) for r in counts.regions), strict=True)]
    table.add_section()
    table.add_row("all", *(str(cell) for cell in total), str(counts.forms))
    console = Console()
    console.print(table)
    types = ", ".join(f"{count} {name}" for name, count in sorted(counts.form_types.items()))
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(counts.region_forms.items()))
    console.print(f"Rows of forms: {types}; {counts.ambiguous_forms} forms are ambiguous.", highlight=False)
    console.print(f"Not muscles: {kinds}.", highlight=False)
    console.print(
        f"{counts.portion_forms} words for {counts.portions} portions; "
        f"{counts.english_words} words that are never corrected.",
        highlight=False,
    )
