"""What is raised where the coding side's own data cannot be read."""

from __future__ import annotations

from pathlib import Path

from extractor.failures import UserError

__all__ = ["PolicyError"]


class PolicyError(UserError, ValueError):
    """A policy, a rule file or a setting is missing, malformed or holds a value that is not allowed."""

    def __init__(self, problem: str, *, file: Path | None = None, key: str | None = None):
        """Say what is wrong and where.

        Args:
            problem: the sentence that a person who edits the file must read.
            file: the file at fault, where there is one.
            key: the key in it, dotted.
        """
        self.problem = problem
        self.file = file
        self.key = key
        place = "".join((f"{file}: " if file else "", f"{key}: " if key else ""))
        super().__init__(f"{place}{problem}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.problem, self.file, self.key)


def _rebuild(problem: str, file: Path | None, key: str | None) -> PolicyError:
    return PolicyError(problem, file=file, key=key)
