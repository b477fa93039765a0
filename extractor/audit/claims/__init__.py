"""Claims from whatever holds them: tables, databases, FHIR, X12 837. One function, :func:`read_claims`."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from extractor.audit.claims.base import ClaimFile, ClaimsError, collect
from extractor.audit.models import ClaimLine

__all__ = ["ClaimFile", "ClaimsError", "read_claims"]

_HEAD = 4096
_REFUSED = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old Excel file (.xls). Save it as .xlsx."),
    (b"%PDF-", "this is a PDF document. Give the claims as a table, FHIR or X12 837."),
    (b"<", "this is XML. Give the claims as a table, FHIR JSON or X12 837."),
)


def read_claims(
    source: str | Path,
    columns: Mapping[str, str] | None = None,
    *,
    query: str | None = None,
    table: str | None = None,
) -> ClaimFile:
    """Read billed claim lines. The format is known by the content, not by the name.

    Args:
        source: a file (CSV, TSV, Excel, Parquet, DuckDB, SQLite, FHIR JSON or NDJSON, X12 837P; also as gzip or
            Zstandard), a folder of them, or a database URL as SQLAlchemy writes it.
        columns: from a field (``code``, ``patient_id`` …) to the table's own column; several columns of ``modifiers``
            or ``diagnoses`` are parted by commas. What is not named is found by the usual names
            (``lexicons/claim_columns.tsv``).
        query: SQL, for a database.
        table: the table of a database, or the sheet of a workbook.

    Returns:
        The lines in the order of the source, and a sentence for each place that could not be read.

    Raises:
        ClaimsError: if the source cannot be read at all; one line that says what to do.
    """
    if "://" in str(source):
        from extractor.audit.claims.tables import read_url

        return collect(read_url(str(source), columns, table, query))
    path = Path(source)
    if path.is_dir():
        return _read_folder(path, columns, query, table)
    try:
        with path.open("rb") as file:
            return collect(_read(path, file, columns, query, table))
    except FileNotFoundError:
        raise ClaimsError(f"{source}: there is no such file.") from None
    except PermissionError:
        raise ClaimsError(f"{source}: permission denied.") from None
    except (gzip.BadGzipFile, EOFError):
        raise ClaimsError(f"{source}: the gzip archive is damaged. Get the file again.") from None


def _read_folder(path: Path, columns: Mapping[str, str] | None, query: str | None, table: str | None) -> ClaimFile:
    whole = ClaimFile()
    files = [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]
    for file in files:
        try:
            one = read_claims(file, columns, query=query, table=table)
        except ClaimsError as error:
            whole.unreadable.append(str(error))
            continue
        whole.lines += one.lines
        whole.unreadable += one.unreadable
    if not whole.lines:
        raise ClaimsError(f"{path}: no file of this folder holds claims.")
    return whole


def _read(
    path: Path, file: BinaryIO, columns: Mapping[str, str] | None, query: str | None, table: str | None
) -> Iterator[ClaimLine | str]:
    from extractor.audit.claims import tables

    where = path.name
    stream = _unpacked(file, where)
    head = stream.read(_HEAD)
    stream.seek(0)
    if head[8:12] == b"DUCK":
        return tables.read_duckdb(path, where, columns, table, query)
    if head.startswith(b"SQLite format 3\x00"):
        return tables.read_sqlite(path, where, columns, table, query)
    if head.startswith(b"PAR1"):
        return tables.read_parquet(path, where, columns)
    if head.startswith(b"PK\x03\x04"):
        return tables.read_excel(stream, where, columns, table)
    return _read_text(stream, head, where, columns)


def _read_text(stream: BinaryIO, head: bytes, where: str, columns: Mapping[str, str] | None) -> Iterator[ClaimLine | str]:
    from extractor.audit.claims.tables import encoding_of, read_delimited
    from extractor.audit.claims.x12 import is_x12

    for magic, said in _REFUSED:
        if head.lstrip().startswith(magic):
            raise ClaimsError(f"{where}: {said}")
    encoding = encoding_of(stream)
    start = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not start.strip("\x00"):
        raise ClaimsError(f"{where}: the file is empty.")
    if is_x12(start.encode("utf-8", "replace")):
        from extractor.audit.claims.x12_837 import read_837

        return read_837(stream.read().decode(encoding, "replace"), where)
    if start.startswith(("{", "[")):
        from extractor.audit.claims.fhir import read_fhir

        return read_fhir(io.TextIOWrapper(stream, encoding=encoding, errors="replace"), where)
    return read_delimited(stream, where, columns)


def _unpacked(file: BinaryIO, where: str) -> BinaryIO:
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return io.BytesIO(gzip.decompress(file.read()))
    if magic == b"\x28\xb5\x2f\xfd":
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as reader:
                return io.BytesIO(reader.read())
        except zstandard.ZstdError:
            raise ClaimsError(f"{where}: the Zstandard archive is damaged. Get the file again.") from None
    return file
