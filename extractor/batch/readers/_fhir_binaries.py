"""Where a FHIR attachment is kept apart from its document: the Binary resources of an export."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, BinaryIO

from extractor.intake import IntakeError

__all__ = ["Binaries"]

_KEPT_BYTES = 256_000_000
_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9.-]{1,64})"')
_BINARY = re.compile(rb'"resourceType"\s*:\s*"Binary"')


class Binaries:
    """Finds a Binary by the address that an attachment gives.

    Those of a Bundle are kept while it is read. In NDJSON only the position of each is noted, by one pass when the first
    is asked for: over the file itself, where one can move in it, and over ``Binary*.ndjson`` in the same folder.
    """

    def __init__(self, stream: BinaryIO, source: str) -> None:
        self._stream = stream
        self._file = Path(source)
        self._kept: dict[str, dict[str, Any]] = {}
        self._bytes = 0
        self._places: dict[str, tuple[Path | None, int]] | None = None

    def keep(self, resource: dict[str, Any], url: str | None = None) -> None:
        """Remember a Binary that was just read."""
        size = len(resource.get("data") or "")
        if self._bytes + size > _KEPT_BYTES:
            return
        self._bytes += size
        for key in (url, resource.get("id")):
            if isinstance(key, str) and key:
                self._kept[key] = resource

    def find(self, url: str, resource: dict[str, Any]) -> dict[str, Any]:
        """The Binary that an attachment of ``resource`` names.

        Raises:
            IntakeError: if it is not at hand; nothing is ever fetched.
        """
        key = url.partition("/_history/")[0].rstrip("/").rpartition("/")[2]
        if url.startswith("#"):
            contained = resource.get("contained")
            for item in contained if isinstance(contained, list) else []:
                if isinstance(item, dict) and item.get("id") == url[1:]:
                    return item
        for name in (url, key):
            if name in self._kept:
                return self._kept[name]
        if "Binary/" in url:
            if self._places is None:
                self._places = self._look()
            if key in self._places:
                return self._at(*self._places[key])
        raise IntakeError(
            "the attachment is kept elsewhere (attachment.url), and this program fetches nothing. Export it inline, or put "
            "the Binary resources into the same file or into Binary.ndjson beside it."
        )

    def _look(self) -> dict[str, tuple[Path | None, int]]:
        places: dict[str, tuple[Path | None, int]] = {}
        if self._stream.seekable():
            before = self._stream.tell()
            self._stream.seek(0)
            _note_places(self._stream, None, places)
            self._stream.seek(before)
        elif self._file.is_file() and not _is_packed(self._file):
            # The stream may come through a counter or the like; the file itself can be read a second time.
            with self._file.open("rb") as stream:
                _note_places(stream, self._file, places)
        folder = self._file.parent
        for file in sorted(folder.glob("Binary*.ndjson")) if folder.is_dir() else []:
            with file.open("rb") as stream:
                _note_places(stream, file, places)
        return places

    def _at(self, file: Path | None, position: int) -> dict[str, Any]:
        if file is None:
            before = self._stream.tell()
            self._stream.seek(position)
            line = self._stream.readline()
            self._stream.seek(before)
        else:
            with file.open("rb") as stream:
                stream.seek(position)
                line = stream.readline()
        try:
            return json.loads(line)
        except ValueError:
            raise IntakeError("its Binary resource is damaged. Export it again.") from None


def _is_packed(file: Path) -> bool:
    with file.open("rb") as stream:
        return not stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def _note_places(stream: BinaryIO, file: Path | None, places: dict[str, tuple[Path | None, int]]) -> None:
    position = stream.tell()
    while line := stream.readline():
        # The id of a Binary stands before or behind its long data; both ends are looked at, not all of it.
        ends = line[:2000] + b" " + line[-2000:]
        if _BINARY.search(ends) and (found := _ID.search(ends)):
            places.setdefault(found[1].decode(), (file, position))
        position += len(line)
