"""The frames: what a batch is made of. Everything that crosses the link is one of these.

Order: frames from one process arrive in the order they were sent, or do not arrive; streams make good what
was lost. `origin` and `cause` of an output name the command (session and number) that made it; `origin` 0
stands for the session itself, `cause` 0 for no command at all.
"""

import msgspec

from transports.link.protocol.accounts import (
    AccountCreated,
    Authenticate,
    Authenticated,
    ChangePassword,
    CreateAccount,
    PasswordChanged,
)
from transports.link.protocol.characters import (
    BackgroundList,
    CharacterCreated,
    CharacterLeft,
    CharacterList,
    CharacterSelected,
    CreateCharacter,
    LeaveCharacter,
    ListBackgrounds,
    ListCharacters,
    SelectCharacter,
)
from transports.link.protocol.failures import FailureCode, RefuseCode
from transports.link.protocol.outputs import OutputBody
from transports.link.protocol.sessions import (
    CloseSession,
    DisconnectNoted,
    DisconnectReason,
    QueueStatistics,
    ReportQueues,
    SessionClosed,
    SessionDisconnected,
    SessionReconnected,
    SessionResumed,
)
from transports.link.protocol.shapes import (
    AccountId,
    CommandNumber,
    Compact,
    OutputNumber,
    RequestId,
    SessionId,
)

RequestBody = (
    Authenticate
    | CreateAccount
    | ChangePassword
    | ListBackgrounds
    | ListCharacters
    | CreateCharacter
    | SelectCharacter
    | LeaveCharacter
    | SessionDisconnected
    | SessionReconnected
    | CloseSession
    | ReportQueues
)

ReplyBody = (
    Authenticated
    | AccountCreated
    | PasswordChanged
    | BackgroundList
    | CharacterList
    | CharacterCreated
    | CharacterSelected
    | CharacterLeft
    | DisconnectNoted
    | SessionResumed
    | SessionClosed
    | QueueStatistics
)


class Hello(Compact, frozen=True, tag="hello"):
    """Gateway: who I am, which life of it, the versions I speak, a nonce for you to prove the key over."""

    name: str
    epoch: int
    versions: tuple[int, ...]
    nonce: bytes


class Challenge(Compact, frozen=True, tag="challenge"):
    """World: who I am, the version we shall speak, my proof over your nonce, and a nonce for your proof."""

    name: str
    epoch: int
    version: int
    nonce: bytes
    proof: bytes


class Confirm(Compact, frozen=True, tag="confirm"):
    """Gateway: my proof, and for each session in the world the last output it has."""

    proof: bytes
    sessions: dict[SessionId, OutputNumber] = msgspec.field(default_factory=dict)


class Welcome(Compact, frozen=True, tag="welcome"):
    """World: you are in. For each session the world knows: its (applied, durable) commands.

    A session of Confirm that is missing here is unknown to the world. `credit` is how many commands of one
    session may be on their way, sent and not applied. A gateway that begins anew is told as applied what its
    last life had sent, which will be: it numbers its commands after that.

    `lines` is the highest `Command.client` that has come, for each session with such numbers.
    """

    credit: int
    positions: dict[SessionId, tuple[CommandNumber, CommandNumber]] = msgspec.field(default_factory=dict)
    lines: dict[SessionId, int] = msgspec.field(default_factory=dict)


class Claim(Compact, frozen=True, tag="claim"):
    """Gateway: these sessions are mine as well, and this is the last output each has. Answered by Welcome.

    For what it learned of after its handshake: from a database that was away when it began.
    """

    sessions: dict[SessionId, OutputNumber]


class Refuse(Compact, frozen=True, tag="refuse"):
    """World: you are not let in. `text` says why and how to mend it; `versions` are those spoken here."""

    code: RefuseCode
    text: str
    versions: tuple[int, ...] = ()


class Heartbeat(Compact, frozen=True, gc=False, tag="beat"):
    """Either: I am alive. `echo` is the number of your last heartbeat, which I have held for `held_us`."""

    number: int
    echo: int = 0
    held_us: int = 0


class Goodbye(Compact, frozen=True, gc=False, tag="bye"):
    """Either: I am stopping, in order. `back_in_seconds` is when to expect me again, 0 for unknown."""

    reason: DisconnectReason
    text: str = ""
    back_in_seconds: float = 0.0


class Command(Compact, frozen=True, gc=False, tag="cmd"):
    """Gateway: line `number` of the session.

    `client` is the client's own number for it, 0 if it has none: a line whose number has come is counted and
    not run again, whichever life of the gateway had sent it.
    """

    session: SessionId
    number: CommandNumber
    text: str
    client: int = 0


class Acks(Compact, frozen=True, tag="acks"):
    """Gateway: for each session, all outputs up to this number have arrived."""

    outputs: dict[SessionId, OutputNumber]


class Positions(Compact, frozen=True, tag="pos"):
    """World: for each session, all commands up to the first number are applied, up to the second durable."""

    positions: dict[SessionId, tuple[CommandNumber, CommandNumber]]


class Resend(Compact, frozen=True, gc=False, tag="again"):
    """Either: of your stream of this session I have all up to `after`; send again what follows."""

    session: SessionId
    after: int


class EndSessions(Compact, frozen=True, gc=False, tag="end"):
    """World, to all gateways: end all sessions of this account but one, wherever they are.

    Its password is another one, and only `spared` has shown that it knows it. `number` counts what this world
    has said so; it is said again after each handshake until SessionsEnded confirms it.
    """

    number: int
    account: AccountId
    spared: SessionId


class SessionsEnded(Compact, frozen=True, gc=False, tag="ended"):
    """Gateway: all EndSessions up to this number have arrived."""

    number: int


class Credit(Compact, frozen=True, gc=False, tag="credit"):
    """World: from now on, so many commands of one session may be on their way."""

    commands: int


class Output(Compact, frozen=True, gc=False, tag="out"):
    """World: output `number` of the session."""

    session: SessionId
    number: OutputNumber
    cause: CommandNumber
    body: OutputBody
    origin: SessionId = 0


class Multicast(Compact, frozen=True, tag="multi"):
    """World: one body for many sessions; `numbers` are their output numbers, in the same order."""

    sessions: list[SessionId]
    numbers: list[OutputNumber]
    cause: CommandNumber
    body: OutputBody
    origin: SessionId = 0


class OutputsMissed(Compact, frozen=True, gc=False, tag="missed"):
    """World: outputs `first` to `last` of the session will not come; go on after them.

    They were too many to keep, and the player is told; or, if `acknowledged`, an earlier life of this
    gateway had them.
    """

    session: SessionId
    first: OutputNumber
    last: OutputNumber
    acknowledged: bool = False


class Request(Compact, frozen=True, tag="ask"):
    """Gateway: a question. The same id may come more than once; it is worked on once.

    `deadline_ms` is how long an answer is of use, counted from the arrival.
    """

    id: RequestId
    session: SessionId
    deadline_ms: int
    body: RequestBody


class Cancel(Compact, frozen=True, gc=False, tag="cancel"):
    """Gateway: the answer is not wanted any more."""

    id: RequestId


class Reply(Compact, frozen=True, tag="reply"):
    """World: the answer."""

    id: RequestId
    body: ReplyBody


class Failure(Compact, frozen=True, gc=False, tag="fail"):
    """World: there is no answer, for this reason. `text` may be shown to the player."""

    id: RequestId
    code: FailureCode
    text: str


Frame = (
    Hello
    | Challenge
    | Confirm
    | Welcome
    | Claim
    | Refuse
    | Heartbeat
    | Goodbye
    | Command
    | Acks
    | Positions
    | Resend
    | EndSessions
    | SessionsEnded
    | Credit
    | Output
    | Multicast
    | OutputsMissed
    | Request
    | Cancel
    | Reply
    | Failure
)
