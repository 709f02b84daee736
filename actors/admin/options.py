"""What the operators' interface of one process has to be told."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """`data_dir` is looked at by the doctor (disk, key files); without one these checks are left out.

    `restart_file` is where the restart log of this process is kept, so that what happened before its last
    start can be read as well; `launcher_file` is that of the launcher, which has no port of its own. Limits
    are there for whoever has no token yet.
    """

    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    version: str = ""
    data_dir: Path | None = None
    audit_file: Path | None = None
    restart_file: Path | None = None
    launcher_file: Path | None = None
    # A request of ours has a token and a small JSON object: these are ten times as much.
    header_limit_bytes: int = 16_384
    body_limit_bytes: int = 65_536
    # From the first byte of a request to its last; also how long an idle connection is kept.
    request_seconds: float = 10.0
    max_connections: int = 64
    # A wrong token is answered after this time: who mistyped does not mind, and with the bound on connections
    # nobody can try more than some hundred a second.
    refusal_seconds: float = 0.25
    # Followers of the restart log: some consoles and pages. They are connections too.
    max_streams: int = 16
