"""The page ``docs/tables.md``, written from the definitions of tables and views so that it cannot drift from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.batch.writers.omop import NOTE_IDS, NOTE_NLP
from extractor.batch.writers.tables import TABLES, Table
from extractor.batch.writers.views import VIEWS

__all__ = ["reference"]

_INTRODUCTION = """\
# Tables of a batch's output

`tpi batch … --output OUT` writes these tables as Parquet, CSV, TSV, DuckDB or SQLite; the ending of OUT picks the format.
This page is generated: `python -m extractor.batch.writers.tables > docs/tables.md`.

| output | tables |
|---|---|
| `out.parquet` | `out.parquet` is `results`; each other table is a file beside it: `out.muscles.parquet` … |
| `out.csv`, `out.tsv` | likewise; the complete documents are no column there but stand, in the same order, in `out.documents.jsonl`, since a spreadsheet breaks cells of more than 32,767 characters |
| `out.duckdb`, `out.sqlite`, `out.db` | all tables with primary and foreign keys, the views below, and a table `run` with policy and versions |

How a type is written:

| type | Parquet | CSV, TSV | DuckDB | SQLite |
|---|---|---|---|---|
| text, json | string | text, see below | VARCHAR | TEXT |
| integer | int64 | digits | BIGINT | INTEGER |
| number | double | decimal point | DOUBLE | REAL |
| boolean | bool | `true`, `false` | BOOLEAN | 0, 1 |
| date | date32 | `2024-03-14` | DATE | `2024-03-14` |
| list | list of string | items joined by `;` | VARCHAR[] | items joined by `;` |

A `;` or a backslash within an item has a backslash before it. A list is never null: without items it is empty.
**Required** columns are never null.

CSV and TSV follow RFC 4180 (CRLF, quotes doubled), in UTF-8 with a byte order mark so that Excel reads them right. A null
is an empty cell, and so is an empty text. Texts and lists that begin with `=` `+` `-` `@`, their full-width forms, a tab, a
line end or an apostrophe have an apostrophe put before them: a spreadsheet would run them as formulas. To read them by a
program, take one leading apostrophe off, or use Parquet.

Offsets count Unicode code points of the note's text. Tables whose key has `note_id` refer to `results`.
"""

_OMOP = """\
## OMOP CDM 5.4

`out.omop.csv` and `out.omop.parquet` hold rows for the CDM's table `NOTE_NLP`: one for each mention of a muscle or region,
and one for each drug injected. Fields, types and lengths are those of the
[specification](https://ohdsi.github.io/CommonDataModel/cdm54.html#note_nlp); longer texts are cut. Concept ids are 0: the
lexicon holds no OMOP concepts, and none is made up. The CSV is for loaders, not for spreadsheets: it has no byte order mark
and no guard against formulas.

`note_id` is the note's own id where that is a whole number in plain digits (no sign, no leading zero, below 2^63). Any other
id is mapped to a negative number: the first 63 bits of its SHA-256, minus 2^63. It is the same in every run, and
`out.note_ids.omop.csv` (or `.parquet`) says which is which. Such numbers need 64 bits: make the column `bigint`.
`note_nlp_id` counts the rows of one output from 1; add the greatest id of your table when you load it.

`term_exists` is `N` for what the note negates or only plans, else `Y`. `term_temporal` is `past` for what it tells of an
earlier encounter, `future` for what it plans, else `present`. `term_modifiers` is `name=value` joined by `;`: for a mention
`assertion`, `laterality`, `levels`, `portion`, `section`, `muscle_id`, `inferred`; for a drug `drug_id`, `strength`,
`volume_ml`, `dose`, `hcpcs`, `hcpcs_units`. `nlp_date` is the day on which the run was first started.
"""


def reference() -> str:
    """Return the page, in Markdown."""
    return "\n".join(
        [
            _INTRODUCTION,
            *(line for table in TABLES for line in _table(table)),
            "## Views (DuckDB and SQLite)\n",
            *_grid(("view", "answers"), ((f"`{view.name}`", view.description) for view in VIEWS)),
            "",
            _OMOP,
            *_table(NOTE_NLP, "###"),
            *_table(NOTE_IDS, "###"),
        ]
    ).rstrip("\n") + "\n"


def _table(table: Table, level: str = "##") -> Iterator[str]:
    yield f"{level} {table.name}\n"
    yield f"{table.description}\n"
    yield f"Key: {', '.join(f'`{name}`' for name in table.key)}.\n"
    yield from _grid(
        ("column", "type", "required", "meaning"),
        ((f"`{item.name}`", item.type, "yes" if item.required else "", item.description) for item in table.columns),
    )
    yield ""


def _grid(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (heads, tuple("---" for _ in heads), *rows):
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
