"""The command ``tpi``: a thin layer over the library. Heavy imports stay inside the functions that need them.

Exit status: 0 done, 1 done but some notes could not be read, 2 wrong usage or input that cannot be read at all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor import __version__

if TYPE_CHECKING:
    from extractor.models import Result

__all__ = ["app", "main"]

DONE, SOME_UNREAD, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
SOMETHING_WRONG = 1
"""What `tpi doctor` leaves with where it found something to mend, as `tpi lexicon check` does."""

_ClickException = typer.BadParameter.__mro__[2]
"""Every complaint about the command line. Typer exports the class under no name; newer versions carry their own click."""

_HAND_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    name="tpi",
    help="Trigger point injection notes: the muscles injected, and the CPT code that the note proves.",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

PolicyOption = Annotated[str | None, typer.Option("--policy", metavar="NAME|FILE", help="See `tpi policy list`.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting of the policy; repeatable.")
]
LexiconOption = Annotated[
    list[Path] | None, typer.Option("--lexicon-dir", metavar="DIR", help="A practice's own words; repeatable.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tpi {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def _tpi(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Trigger point injection notes: the muscles injected, and the CPT code that the note proves."""


@app.command()
def extract(
    file: Annotated[
        str, typer.Argument(metavar="FILE", show_default=False, help="The note: text, RTF, HTML, DOCX or PDF; - or nothing: paste it, then Ctrl-D.")
    ] = "-",
    json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
    no_text: Annotated[
        bool, typer.Option("--no-text", help="With --json: no word of the note, offsets, ids and codes only.")
    ] = False,
    policy: PolicyOption = None,
    settings: SetOption = None,
    lexicon_dir: LexiconOption = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Date of service; default the one in the note.")
    ] = None,
    note_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Kept in the result; default a hash of the text.")
    ] = None,
) -> None:
    """Read one note: the code that it proves."""
    from extractor.intake import read_note

    if no_text and not json:
        raise typer.BadParameter("it goes with --json; the readable answer quotes the note.", param_hint="--no-text")
    date_of_service = _parse_date(day)
    if file == "-" and sys.stdin.isatty():
        typer.echo("Paste the note, then press Ctrl-D on a line of its own (Windows: Ctrl-Z, Enter).", err=True)
    note = read_note(file)
    if note.replaced:
        number = "1 byte is" if note.replaced == 1 else f"{note.replaced} bytes are"
        typer.echo(f"tpi: {number} no character in {note.encoding}; \ufffd stands in the note instead.", err=True)
    result = _extract(note.text, policy, settings, lexicon_dir, date_of_service, note_id)
    if note.converted:
        result.text = note.text
    if no_text:
        from extractor.textless import without_text

        result = without_text(result)
    if json:
        typer.echo(result.model_dump_json(indent=2).encode())
        return
    from extractor.report.terminal import print_result

    print_result(result, note.text)


def _parse_date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("give it as YYYY-MM-DD.", param_hint="--date") from None


def _extract(
    text: str,
    policy: str | None,
    settings: list[str] | None,
    lexicon_dirs: list[Path] | None,
    date_of_service: date | None,
    note_id: str | None,
) -> Result:
    from extractor import api
    from extractor.coding import resolve_policy

    return api.extract(
        text,
        note_id=note_id,
        date_of_service=date_of_service,
        policy=resolve_policy(policy, settings),
        lexicon_dirs=lexicon_dirs or (),
    )


@app.command(context_settings=_HAND_ON, add_help_option=False)
def batch(context: typer.Context) -> None:
    """Read many notes, each once, into a file or database."""
    from extractor.batch.cli import batch as command

    _hand_on(command, "batch", context.args)


@app.command(context_settings=_HAND_ON, add_help_option=False)
def status(context: typer.Context) -> None:
    """A batch's runs, counts, review queue and quarantine."""
    from extractor.batch.cli import status as command

    _hand_on(command, "status", context.args)


@app.command(context_settings=_HAND_ON, add_help_option=False)
def audit(context: typer.Context) -> None:
    """Hold notes against billed claims: what does not match, worst first."""
    from extractor.audit.cli import audit as command

    _hand_on(command, "audit", context.args)


@app.command()
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; others than this machine need --allow-remote.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 takes a free one.")] = 8000,
    policy: PolicyOption = None,
    settings: SetOption = None,
    lexicon_dir: LexiconOption = None,
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="Let other machines ask, with a token.")] = False,
    token: Annotated[
        str | None, typer.Option(envvar="TPI_TOKEN", metavar="TOKEN", help="Better in TPI_TOKEN; default a new one, printed.", show_envvar=False)
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="Another name of this server; repeatable.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")] = None,
    readers: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Processes that read notes.")] = 1,
    time_limit: Annotated[float, typer.Option(min=1, max=600, metavar="SECONDS", help="Longest time for one note.")] = 20,
) -> None:
    """Open the page and the HTTP API on this machine."""
    from extractor.web.cli import serve as run_server

    run_server(
        host, port, policy, settings, lexicon_dir, allow_remote=allow_remote, token=token, allow_hosts=allow_host,
        certificate=certificate, key=key, readers=readers, time_limit=time_limit,
    )  # fmt: skip


@app.command()
def evaluate(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="A folder of labelled notes (NNN.txt, NNN.toml).")],
    errors: Annotated[bool, typer.Option("--errors", help="Show each error with its words in context.")] = False,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write the scores as JSON.")] = None,
    lexicon_dir: LexiconOption = None,
) -> None:
    """Score the extractor against gold labels.

    The policy is `cpt`, whatever your own settings are.
    """
    from extractor.evaluation.report import run_evaluation

    unread = run_evaluation(corpus, show_errors=errors, json_file=json, lexicon_dirs=lexicon_dir or ())
    if unread:
        raise typer.Exit(SOME_UNREAD)


@app.command()
def doctor(
    output: Annotated[
        Path | None, typer.Argument(metavar="OUT", show_default=False, help="The output of a batch, to look at its ledger, too.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    lexicon_dir: LexiconOption = None,
) -> None:
    """Check this installation: what is wrong, and what to do.

    Exit status 1 if anything is wrong; what is only missing for some other use is noted.
    """
    from extractor.doctor import examine
    from extractor.report.doctor import print_checks, print_json

    checks = examine(tuple(lexicon_dir or ()), output)
    (print_json if json else print_checks)(checks)
    if any(check.state == "wrong" for check in checks):
        raise typer.Exit(SOMETHING_WRONG)


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule that a reason cites, or the id of a finding.")],
) -> None:
    """Print a rule, its dates and its sources."""
    from extractor.coding.cli import explain as print_rule

    print_rule(rule)


@app.command(context_settings=_HAND_ON, add_help_option=False)
def policy(context: typer.Context) -> None:
    """Policies: list, show, check."""
    from extractor.coding.cli import policy_app

    _hand_on(policy_app, "policy", context.args)


@app.command(context_settings=_HAND_ON, add_help_option=False)
def lexicon(context: typer.Context) -> None:
    """The lexicon: check, find, stats."""
    from extractor.lexicon.cli import lexicon_app

    _hand_on(lexicon_app, "lexicon", context.args)


def _hand_on(commands: typer.Typer | Callable[..., None], name: str, args: list[str]) -> None:
    """Run another room's command or commands, imported only now: `tpi --help` must not pay for them."""
    parent = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    if isinstance(commands, typer.Typer):
        parent.add_typer(commands, name=name)
    else:
        parent.command(name)(commands)
        parent.callback()(lambda: None)  # without it typer takes a single command's name for an argument
    status = typer.main.get_command(parent).main(args=[name, *args], prog_name="tpi", standalone_mode=False)
    if status:
        raise typer.Exit(status)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit status; every error is one line on standard error."""
    arguments = list(sys.argv[1:] if args is None else args)
    _be_printable()
    try:
        status = typer.main.get_command(app).main(args=arguments, prog_name="tpi", standalone_mode=False) or DONE
    except SystemExit:
        # Outside its standalone mode typer leaves like this only where the reader of the output has gone
        # (`tpi … | head`): nobody is left to tell, and nothing went wrong.
        status = DONE
    except typer.Abort:
        status = INTERRUPTED
    except Exception as error:
        typer.echo(_said(error), err=True)
        status = UNUSABLE
    raise SystemExit(status)


def _be_printable() -> None:
    """Let a terminal that knows few characters show the others as ``?`` instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _said(error: Exception) -> str:
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(getattr(error, "message", error))  # a group without its command: the help is the answer
    return f"tpi: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    """Say what went wrong. Words of ours are shown whole; of any other error, only its place, never its words."""
    from extractor.failures import UserError, place_of

    if isinstance(error, _ClickException):
        path = getattr(getattr(error, "ctx", None), "command_path", "tpi")
        words = " ".join(getattr(error, "format_message", error.__str__)().split())
        return f"{words} Try `{path} --help`."
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return (
        f"{place_of(error)}: an error in this program, not in your note. "
        "Please report this line; it holds nothing of the note."
    )
