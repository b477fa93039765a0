"""ZIP archives: each member is a file of its own, in the order of the archive's names. Nothing is laid down on disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from extractor.batch.readers.streams import DamagedError
from extractor.intake import IntakeError

__all__ = ["Member", "is_zip", "members", "packed_document"]

_MAGIC = b"PK\x03\x04"
_MAX_RATIO = 2_000
_FLOOR = 256 * 1024 * 1024
_ENCRYPTED = 0x1


class Member(io.RawIOBase):
    """One member, whose damage is an error of the input."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self._file.read1(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise DamagedError("this member of the archive is damaged. Pack it again.") from None
        buffer[: len(data)] = data
        return len(data)


def is_zip(head: bytes) -> bool:
    return head.startswith((_MAGIC, b"PK\x05\x06"))


def packed_document(file: BinaryIO) -> str | None:
    """Return ``docx``, ``xlsx``, ``pptx`` or ``odt`` where the archive is such a document, else None."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names:
                kinds = (("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml"), ("pptx", "ppt/presentation.xml"))
                return next((kind for kind, part in kinds if part in names), "docx")
            if "mimetype" in names and "content.xml" in names:
                return "odt"
    except (zipfile.BadZipFile, OSError):
        # What is damaged is reported when it is read.
        return None
    finally:
        file.seek(0)
    return None


def members(file: BinaryIO) -> Iterator[tuple[str, BinaryIO | IntakeError]]:
    """Give names and contents; a member that cannot be opened as the error that says why.

    Raises:
        IntakeError: if it is no whole archive, or one made to fill a disk.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise IntakeError("the ZIP archive is damaged or cut off: its directory is missing. Pack or copy it again.") from None
    with archive:
        size = file.seek(0, io.SEEK_END)
        infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
        if sum(info.file_size for info in infos) > max(_FLOOR, _MAX_RATIO * size):
            raise IntakeError(f"the ZIP archive unpacks to more than {_MAX_RATIO:,} times its size. Unpack it yourself if you trust it.")
        for info in infos:
            if info.flag_bits & _ENCRYPTED:
                yield info.filename, IntakeError("this member of the archive has a password. Unpack it first.")
                continue
            try:
                member = archive.open(info)
            except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
                yield info.filename, IntakeError("this member of the archive is damaged or packed in a way that is not known. Unpack it first.")
                continue
            with member:
                yield info.filename, io.BufferedReader(Member(member))
