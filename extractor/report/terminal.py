"""A result on a terminal: one glance for the code and its status, then why, then what to ask.

Everything that comes from a note goes through :func:`visible` and into a ``Text``, never into rich's markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extractor.models import Drug, Evidence, Finding, Mention, Muscle, OtherProcedure, Reason, Result
from extractor.report.quotes import Lines, quoted_lines, visible
from extractor.report.words import (
    amount,
    assertion_words,
    code_words,
    count_sentence,
    dose_words,
    drug_name,
    hcpcs_words,
    name_of,
    procedure_sentence,
    side_words,
    status_sentence,
    status_words,
    strength_words,
)

__all__ = ["print_result"]

_MAX_WIDTH = 110
_STATUS_STYLES = {"supported": "green", "review": "yellow", "none": "blue"}
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_SEVERITIES = ("error", "warning", "info")
_FEW = 3
_WRAPPING = ("muscle", "levels", "portion", "drug", "in the note")
_LONGEST_WORD = 18
_MAIN_SETTINGS = ("laterality", "groups", "toxin")


def print_result(result: Result, text: str, *, console: Console | None = None) -> None:
    """Print a result for a coder.

    Args:
        result: what was read and decided.
        text: the note, for the lines on which its words stand.
        console: where to print; default standard output, plain where that is no terminal.
    """
    console = console or Console(highlight=False)
    console.width = min(console.width, _MAX_WIDTH)
    with console.capture() as captured:
        _print_all(result, text, console)
    # Cells are padded with blanks to the full width: nobody who copies or compares the answer wants those.
    answer = "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    console.file.write(answer)
    console.file.flush()


def _print_all(result: Result, text: str, console: Console) -> None:
    console.print(_card(result))
    for title, body in _parts(result, Lines(text)):
        console.print()
        console.print(Text(title, style="bold"))
        console.print(body)
    if result.decision.query:
        console.print()
        _print_query(result.decision.query, console)
    console.print()
    console.print(_footer(result))


def _parts(result: Result, lines: Lines) -> Iterator[tuple[str, RenderableType]]:
    if result.muscles:
        yield "Muscles injected", _muscles(result.muscles)
    if result.drugs:
        yield "Injected at the trigger points", _drugs(result.drugs)
    yield "Why", _reasons(result.decision.reasons, lines)
    if others := _not_counted(result.mentions, {muscle.id for muscle in result.muscles}, lines):
        yield "Named, but not counted", others
    if result.findings:
        yield "Findings", _findings(result.findings, lines)
    if result.other_procedures:
        yield "Other procedures in the note", _procedures(result.other_procedures, lines)
    if result.diagnoses:
        codes = ", ".join(dict.fromkeys(visible(diagnosis.code) for diagnosis in result.diagnoses))
        yield "Diagnoses in the note", Padding(Text(codes), (0, 0, 0, 2))
    if result.decision.modifiers:
        yield "Modifiers", _modifiers(result)


def _card(result: Result) -> Panel:
    decision = result.decision
    style = _STATUS_STYLES[decision.status]
    head = Table.grid(expand=True)
    head.add_column()
    head.add_column(justify="right")
    title = Text.assemble((f" {code_words(decision)} ", f"bold reverse {style}"), "  ", (status_words(decision), f"bold {style}"))
    day = result.date_of_service.isoformat() if result.date_of_service else "no date of service"
    head.add_row(title, Text(day, style="dim"))
    sentences = filter(None, (count_sentence(decision), status_sentence(decision)))
    procedure = Text(procedure_sentence(result.procedure), style="dim")
    body = Group(head, Text(), *map(Text, sentences), procedure)
    return Panel(body, border_style=style, box=box.ROUNDED, padding=(0, 1))


def _table(columns: dict[str, list[str]]) -> Table:
    """Return a table of the columns in which anything stands, filled."""
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name, cells in filled.items():
        # Names and levels may break between words; amounts stay whole.
        longest = max((len(word) for cell in cells for word in cell.split()), default=0)
        table.add_column(
            name,
            justify="right" if name == "injections" else "left",
            overflow="fold",
            no_wrap=name not in _WRAPPING,
            min_width=min(longest, _LONGEST_WORD),
        )
    for row in zip(*filled.values(), strict=True):
        table.add_row(*map(Text, row))
    return table


def _muscles(muscles: list[Muscle]) -> RenderableType:
    columns = {
        "muscle": [muscle.name + ("\n(a group)" if muscle.kind == "group" else "") for muscle in muscles],
        "side": [side_words(muscle) for muscle in muscles],
        "levels": [", ".join(muscle.levels) for muscle in muscles],
        "portion": [", ".join(name_of(portion) for portion in muscle.portions) for muscle in muscles],
        "injections": ["" if muscle.injections is None else str(muscle.injections) for muscle in muscles],
    }
    return Padding(_table(columns), (0, 0, 0, 2))


def _drugs(drugs: list[Drug]) -> RenderableType:
    columns = {
        "drug": [drug_name(drug) for drug in drugs],
        "in the note": [visible(drug.text) for drug in drugs],
        "strength": [strength_words(drug.strength) for drug in drugs],
        "volume": ["" if drug.volume_ml is None else f"{amount(drug.volume_ml)} mL" for drug in drugs],
        "dose": [dose_words(drug.dose) for drug in drugs],
        "discarded": [dose_words(drug.wasted) for drug in drugs],
        "HCPCS": [hcpcs_words(drug.hcpcs) for drug in drugs],
    }
    notes = [f"{drug.hcpcs.code}: {drug.hcpcs.descriptor}" for drug in drugs if drug.hcpcs]
    if any(drug.dose and drug.dose.basis == "computed" for drug in drugs):
        notes.insert(0, "* computed from strength and volume")
    small = [Text(visible(note), style="dim") for note in dict.fromkeys(notes)]
    return Padding(Group(_table(columns), *small), (0, 0, 0, 2))


def _reasons(reasons: list[Reason], lines: Lines) -> RenderableType:
    grid = _grid(2)
    for number, reason in enumerate(reasons, 1):
        grid.add_row(Text(f"{number}."), _with_quotes(reason.text, reason.rule, reason.evidence, lines))
    return Padding(grid, (0, 0, 0, 2))


def _findings(findings: list[Finding], lines: Lines) -> RenderableType:
    grid = _grid(2)
    for finding in sorted(findings, key=lambda item: _SEVERITIES.index(item.severity)):
        label = Text(finding.severity, style=_SEVERITY_STYLES[finding.severity])
        # A list of everything that was found in order is no reading matter; the JSON holds its words.
        evidence = finding.evidence if finding.severity != "info" or len(finding.evidence) <= _FEW else ()
        grid.add_row(label, _with_quotes(finding.text, finding.id, evidence, lines))
    return Padding(grid, (0, 0, 0, 2))


def _procedures(procedures: list[OtherProcedure], lines: Lines) -> RenderableType:
    rows: list[RenderableType] = []
    for procedure in procedures:
        about: list[str] = [procedure.status, *procedure.sides]
        if procedure.guidance and procedure.guidance != "none":
            about.append(procedure.guidance)
        words = f"{name_of(procedure.kind)} ({', '.join(about)})"
        rows.append(_with_quotes(words, "", procedure.evidence, lines))
    return Padding(Group(*rows), (0, 0, 0, 2))


def _modifiers(result: Result) -> RenderableType:
    grid = _grid(3)
    for item in result.decision.modifiers:
        grid.add_row(Text(item.advice), Text(item.modifier, style="bold"), Text(visible(item.reason)))
    return Padding(grid, (0, 0, 0, 2))


def _not_counted(mentions: list[Mention], injected: set[str], lines: Lines) -> RenderableType | None:
    """List the muscles that the note names and that do not count, each with the reason and its lines."""
    places: dict[str, dict[str, list[int]]] = {}
    for mention in mentions:
        if mention.muscle and mention.assertion != "injected" and mention.muscle not in injected:
            why = places.setdefault(name_of(mention.muscle), {}).setdefault(assertion_words(mention), [])
            why.append(lines.of(mention.start))
    if not places:
        return None
    grid = _grid(2)
    for name, whys in places.items():
        grid.add_row(Text(name), Text("; ".join(_with_lines(why, numbers, lines) for why, numbers in whys.items())))
    return Padding(grid, (0, 0, 0, 2))


def _with_lines(words: str, numbers: list[int], lines: Lines) -> str:
    if len(lines) == 1:
        return words
    distinct = list(dict.fromkeys(numbers))
    return f"{words} (line{'s' if len(distinct) > 1 else ''} {', '.join(map(str, distinct))})"


def _with_quotes(words: str, rule: str, evidence: Iterable[Evidence], lines: Lines) -> RenderableType:
    sentence = Text(visible(words))
    if rule:
        sentence.append(f"  {rule}", style="dim")
    quotes = [Text(row, style="cyan") for row in quoted_lines(evidence, lines)]
    return Group(sentence, *quotes)


def _grid(columns: int) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns - 1):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _print_query(query: str, console: Console) -> None:
    # Rules above and below, nothing at the sides: what is marked with the mouse is the question and nothing else.
    console.rule(Text("Question to the provider", style="bold yellow"), style="yellow", align="left")
    for line in query.splitlines():
        console.print(Text(visible(line)))
    console.rule(style="yellow")


def _footer(result: Result) -> Text:
    decision = result.decision
    settings = ", ".join(f"{name}={decision.policy_settings.get(name)}" for name in _settings_to_show(result))
    versions = ", ".join(f"{name} {value}" for name, value in result.versions.items())
    lines = (
        f"Policy {decision.policy}: {settings}.",
        f"All settings: tpi policy show {decision.policy}. Where a rule comes from: tpi explain RULE.",
        f"{versions}.",
    )
    return Text("\n".join(visible(line) for line in lines), style="dim")


def _settings_to_show(result: Result) -> list[str]:
    """Return the three settings that decide most counts, and every other one that the user changed."""
    from extractor.coding import PolicyError, load_policy

    decision = result.decision
    try:
        own = load_policy(decision.policy).at(result.date_of_service).shown()
    except PolicyError:
        # A policy from the user's own file: its name alone does not lead back to it, so all of it is shown.
        return list(decision.policy_settings)
    changed = [name for name, value in decision.policy_settings.items() if own.get(name) != value]
    return list(dict.fromkeys([*_MAIN_SETTINGS, *changed]))
