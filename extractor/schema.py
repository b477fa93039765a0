"""The contract as JSON Schema: ``python -m extractor.schema FOLDER`` writes it from the models.

Three documents are published, each for ``schema_version`` 1: ``result-1.json`` (``tpi extract --json``, every line of a
batch's JSON Lines, the HTTP API), ``record-1.json`` (what a note proves before any coding rule) and ``audit-1.json``.
They lie in ``schema/`` of the repository and in ``extractor/_schema`` of the wheel.

Within a version fields may be added; none disappears, changes its type or its set of values (``tests/schema`` holds the
models against a frozen copy). So the schemas ask for every field that there is and let others pass: a result of a later
release validates against an earlier copy. ``ADDED`` keeps the other direction, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from extractor.models import SCHEMA_VERSION, Record, Result

__all__ = ["ADDED", "DOCUMENTS", "main", "schema_of", "write"]

DOCUMENTS = {"result": "one note and the code that it proves", "record": "what one note proves", "audit": "notes held against billed claims"}
"""The published documents and what each is about."""

ADDED: frozenset[tuple[str, str]] = frozenset()
"""Fields (model, field) that came after version 1 was first published: earlier documents of version 1 lack them, so no
schema may ask for them."""

_DIALECT = GenerateJsonSchema.schema_dialect


def schema_of(document: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a document as it is written.

    Args:
        document: a key of :data:`DOCUMENTS`.

    Raises:
        KeyError: if there is no such document.
    """
    # As it is serialized: a field with a default is always there, and a decimal number is a text.
    schema = _model(document).model_json_schema(mode="serialization")
    for name, model in [(schema["title"], schema), *schema.get("$defs", {}).items()]:
        # Extra fields are refused on reading, to catch a slip of ours; whoever validates must let a later field pass.
        if model.get("additionalProperties") is False:
            del model["additionalProperties"]
        model["required"] = [field for field in model.get("required", []) if (name, field) not in ADDED]
    return {
        "$schema": _DIALECT,
        "$id": f"urn:tpi-extractor:schema:{document}-{SCHEMA_VERSION}",
        **schema,
        "title": f"tpi-extractor {document}, version {SCHEMA_VERSION}",
        "description": f"{DOCUMENTS[document].capitalize()}. Fields may be added within a version: ignore those you do not know.",
    }


def _model(document: str) -> type[BaseModel]:
    if document == "audit":
        from extractor.audit.models import Audit

        return Audit
    return {"result": Result, "record": Record}[document]


def write(folder: Path) -> list[Path]:
    """Write every schema into a folder, which is made if need be; return the files.

    Raises:
        OSError: if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for document in DOCUMENTS:
        file = folder / f"{document}-{SCHEMA_VERSION}.json"
        file.write_text(json.dumps(schema_of(document), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        files.append(file)
    return files


def main(arguments: Sequence[str]) -> int:
    """Write the schemas; return the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("Usage: python -m extractor.schema FOLDER", file=sys.stderr)
        return 2
    try:
        for file in write(Path(arguments[0])):
            print(file)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}. Give a folder that can be written.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
