"""What a server is started with: the policy, the practice's words, who may ask, and how much."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

__all__ = ["LOOPBACK_NAMES", "MIB", "ServerOptions", "is_loopback"]

MIB = 1024 * 1024
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Everything that :func:`extractor.web.create_app` depends on."""

    policy: str | None = None
    """Name or file, as ``--policy``; requests that name none get this one."""
    settings: tuple[str, ...] = ()
    """``KEY=VALUE`` items, as ``--set``."""
    lexicon_dirs: tuple[str, ...] = ()
    token: str | None = None
    """Where there is one, every call of the API must carry it as ``Authorization: Bearer …``."""
    hosts: frozenset[str] = LOOPBACK_NAMES
    """Names under which the server answers. A page of another site that had its own name point here (DNS rebinding)
    would ask under that name, and is refused."""
    any_address: bool = False
    """Also answer under any literal IP address: no name can be made to look like one."""
    readers: int = 1
    """Processes that read notes; each holds one pipeline (some 120 MB)."""
    time_limit: float = 20.0
    """Seconds for one note. A process that takes longer is ended and replaced."""
    audit_time_limit: float = 120.0
    """Seconds for one audit."""
    max_body: int = 16 * MIB
    """Longest request, in bytes: a note of a million characters, however its JSON is escaped."""
    body_time_limit: float = 30.0
    """Seconds in which a request must have arrived."""


def is_loopback(host: str) -> bool:
    """Say whether an address to bind to can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
