"""What can go wrong on the link, and whose mistake it is.

LinkError
  BatchError              the peer sent bytes that are no batch of ours: all that decoding ever raises
    BatchTooLarge           over the limit, seen before decoding
    ForeignBatch            not the link's format at all
    VersionMismatch         the format, in a version we do not speak
    TruncatedBatch          the bytes end too early
    UnknownKind             a frame, request or output whose kind this version does not have
    MalformedBatch          any other disagreement with the types
  EncodingError           we asked for the impossible: all that encoding ever raises
    Unencodable             a value that msgpack cannot hold (a set, a lone surrogate, a huge integer)
    FrameTooLarge           one frame alone is over the limit
  HandshakeError          the peer is not let in, or will not let us in
    NoCommonVersion         no protocol version that both speak
    WrongKey                the proof of the shared key does not hold
    WrongName               a gateway under a name that is not its own
    ConnectionFailed        no connection came to stand: keys, or a peer that is no world
    StaleEpoch              an older life of the same name
    RefusedByPeer           the peer said Refuse
    HandshakeOutOfOrder     a handshake frame that does not belong here
  StreamError             the two sides disagree about a session's numbers
    PositionLost            the peer forgot numbers it had confirmed
    PositionAhead           the peer confirms numbers that were never given
    OutOfTurn               a command is applied before the one before it (our mistake)
  RequestError            a request that will get no reply
    RequestTimedOut         no reply before the deadline
    RequestFailed           the world answered with a failure code
  BatchesLost             a hole in the numbers of the peer's batches
  AddressRefused          not an address the link can use
  EndpointClosed          used after close()
"""


class LinkError(Exception):
    """Base of everything the link raises."""


class BatchError(LinkError):
    """The peer sent something that is not a batch of this protocol. Nothing of it was taken."""


class BatchTooLarge(BatchError):
    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(size_bytes, limit_bytes)
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        return (
            f"a batch of {self.size_bytes} bytes is over the limit of {self.limit_bytes}; it was not decoded"
        )


class ForeignBatch(BatchError):
    def __init__(self, prefix: bytes) -> None:
        super().__init__(prefix)
        self.prefix = prefix

    def __str__(self) -> str:
        return f"no batch of the link: {self.prefix.hex(' ')}; does another program use this address?"


class VersionMismatch(BatchError):
    def __init__(self, ours: int, theirs: int) -> None:
        super().__init__(ours, theirs)
        self.ours = ours
        self.theirs = theirs

    def __str__(self) -> str:
        return (
            f"the peer speaks link protocol version {self.theirs}, this process speaks version {self.ours}; "
            "run the same release of gateway and world"
        )


class TruncatedBatch(BatchError):
    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self.size_bytes = size_bytes

    def __str__(self) -> str:
        return f"a batch ends in the middle, after {self.size_bytes} bytes"


class UnknownKind(BatchError):
    """`reason` holds the kind and the place, in the decoder's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"a kind that this protocol version does not have: {self.reason}"


class MalformedBatch(BatchError):
    """`reason` is the decoder's, with the place."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"a batch that does not match its types: {self.reason}"


class EncodingError(LinkError):
    """A frame cannot be sent. A mistake of this process, not of the peer."""


class Unencodable(EncodingError):
    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind = kind
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.kind} cannot be encoded: {self.reason}; "
            "use text without surrogates, integers of 64 bits, lists and dicts"
        )


class FrameTooLarge(EncodingError):
    def __init__(self, kind: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(kind, size_bytes, limit_bytes)
        self.kind = kind
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        return f"{self.kind} takes {self.size_bytes} bytes, the limit is {self.limit_bytes}; send it in parts"


class HandshakeError(LinkError):
    """The handshake failed. `hopeless` says that trying again without a change cannot help."""

    hopeless = True


class NoCommonVersion(HandshakeError):
    def __init__(self, ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
        super().__init__(ours, theirs)
        self.ours = ours
        self.theirs = theirs

    def __str__(self) -> str:
        return (
            f"no common link protocol version: here {_listed(self.ours)}, there {_listed(self.theirs)}; "
            "run the same release of gateway and world"
        )


class WrongKey(HandshakeError):
    def __init__(self, peer: str) -> None:
        super().__init__(peer)
        self.peer = peer

    def __str__(self) -> str:
        return f"{self.peer} does not know the shared key; give gateway and world the same link key"


class WrongName(HandshakeError):
    """`own` is the name that the peer's connection (or its key) belongs to, `used` the one it gave."""

    def __init__(self, own: str, used: str) -> None:
        super().__init__(own, used)
        self.own = own
        self.used = used

    def __str__(self) -> str:
        return (
            f"gateway {self.own!r} came under the name {self.used!r}; set gateway.name there to the name "
            "that its key has in link.curve.gateways of the world"
        )


class ConnectionFailed(HandshakeError):
    """The connection below the handshake was refused, or is none. `reason` says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class StaleEpoch(HandshakeError):
    def __init__(self, peer: str, epoch: int, newest: int) -> None:
        super().__init__(peer, epoch, newest)
        self.peer = peer
        self.epoch = epoch
        self.newest = newest

    def __str__(self) -> str:
        return (
            f"{self.peer} of epoch {self.epoch} is fenced off, epoch {self.newest} has been here; "
            "stop the older process, or give the two different names"
        )


class RefusedByPeer(HandshakeError):
    """The peer refused. `code` is the `RefuseCode` of its answer, as text; `text` its words."""

    def __init__(self, code: str, text: str, *, hopeless: bool) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.hopeless = hopeless

    def __str__(self) -> str:
        return f"refused by the peer ({self.code}): {self.text}"


class HandshakeOutOfOrder(HandshakeError):
    hopeless = False

    def __init__(self, got: str, state: str) -> None:
        super().__init__(got, state)
        self.got = got
        self.state = state

    def __str__(self) -> str:
        return f"{self.got} does not belong in a handshake that is {self.state}; begin again with Hello"


class StreamError(LinkError):
    """The numbers of one session do not fit together. Only that session is concerned."""


class PositionLost(StreamError):
    """`confirmed` was promised as durable, the peer stands at `position`: an older backup, most likely."""

    def __init__(self, position: int, confirmed: int) -> None:
        super().__init__(position, confirmed)
        self.position = position
        self.confirmed = confirmed

    def __str__(self) -> str:
        return (
            f"the peer stands at {self.position} and had confirmed {self.confirmed} for good; "
            "was its database set back? End the session and let the player log in again"
        )


class PositionAhead(StreamError):
    def __init__(self, position: int, last: int) -> None:
        super().__init__(position, last)
        self.position = position
        self.last = last

    def __str__(self) -> str:
        return f"the peer confirms number {self.position}, the last one given is {self.last}; end the session"


class OutOfTurn(StreamError):
    def __init__(self, number: int, expected: int) -> None:
        super().__init__(number, expected)
        self.number = number
        self.expected = expected

    def __str__(self) -> str:
        return f"command {self.number} was applied where {self.expected} is next; apply each once, in order"


class RequestError(LinkError):
    """A request got no reply."""


class RequestTimedOut(RequestError):
    def __init__(self, kind: str, seconds: float, attempts: int) -> None:
        super().__init__(kind, seconds, attempts)
        self.kind = kind
        self.seconds = seconds
        self.attempts = attempts

    def __str__(self) -> str:
        return f"{self.kind} got no reply within {self.seconds:g} s ({self.attempts} attempts)"


class RequestFailed(RequestError):
    """`code` is the `FailureCode` of the world's answer, as text; `text` says how to mend it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class BatchesLost(LinkError):
    """ZeroMQ dropped `count` batches of the peer. Streams and requests ask again for what was in them."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count

    def __str__(self) -> str:
        return f"{self.count} batches of the peer were lost on the way; both sides have to compare positions"


class AddressRefused(LinkError):
    """An address that the link cannot, or must not, use."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"the link cannot use {self.address}: {self.reason}"


class EndpointClosed(LinkError):
    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"the endpoint {self.what} is closed"


def _listed(versions: tuple[int, ...]) -> str:
    return " or ".join(str(version) for version in versions) or "none"
