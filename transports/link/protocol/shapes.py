"""The two shapes a record has on the wire, and the names of its parts.

*Compact* records are arrays: the kind, then the fields in order. They are what crosses thousands of times
a second. A field may only ever be added at the end, with a default. *Open* records are maps with field
names; a field may be added anywhere, with a default. In both a field that the receiver does not know is
ignored, and a kind that it does not know is refused (`UnknownKind`): one side never half understands.

Identifiers are plain aliases here: the floor above brands them as it needs (its own NewTypes are
accepted everywhere, being ints and strings).
"""

from typing import TypeAlias

import msgspec

# The gateway's boot epoch in the upper 32 bits, a counter in the lower: never given twice.
SessionId: TypeAlias = int
# Counts up from 1 within one life of a gateway.
RequestId: TypeAlias = int
# Within one session, counting up from 1 without a gap; 0 stands for "none yet".
CommandNumber: TypeAlias = int
OutputNumber: TypeAlias = int
AccountId: TypeAlias = int
CharacterId: TypeAlias = int
# The kind before the key: "room:harbour/quay", "npc:harbour/innkeeper", "character:17".
EntityId: TypeAlias = str
# Seconds since the Unix epoch.
Timestamp: TypeAlias = float


class Compact(msgspec.Struct, frozen=True, array_like=True):
    """Base of records that are arrays on the wire."""


class Open(msgspec.Struct, frozen=True):
    """Base of records that are maps on the wire."""


def kind_of(record: msgspec.Struct) -> str:
    """The kind of a record for logs and metrics: the name of its class."""
    return type(record).__name__
