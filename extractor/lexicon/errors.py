"""What is raised where knowledge cannot be read."""

from __future__ import annotations

from pathlib import Path

from extractor.failures import UserError

__all__ = ["LexiconError"]


class LexiconError(UserError, ValueError):
    """A lexicon file is missing, malformed or holds a value that its column does not allow."""

    def __init__(self, problem: str, *, file: Path | None = None, line: int | None = None, column: str | None = None):
        """Say what is wrong and where.

        Args:
            problem: the sentence that a person who edits the file must read.
            file: the file at fault.
            line: its line, counted from 1.
            column: the name of its column.
        """
        self.problem = problem
        self.file = file
        self.line = line
        self.column = column
        place = "".join(
            (f"{file}:" if file else "", f"{line}:" if line else "", f" column {column}:" if column else "")
        )
        super().__init__(f"{place} {problem}".strip())

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.problem, self.file, self.line, self.column)


def _rebuild(problem: str, file: Path | None, line: int | None, column: str | None) -> LexiconError:
    return LexiconError(problem, file=file, line=line, column=column)
