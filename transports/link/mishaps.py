"""What a socket's monitor tells of connections that never came to stand, in words that say what to do. Pure.

libzmq tells no more than a number, and the one side that is told an exact reason is often not the side that
has to be mended. So each end says what it knows, and what the other must have.
"""

import zmq

from transports.link.curve import GatewayCurve, WorldCurve

# The events that are told here.
EVENTS = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)

# libzmq's ZMQ_PROTOCOL_ERROR_ZMTP_..., which pyzmq has as plain numbers.
_CRYPTOGRAPHIC = 0x11000001
_MECHANISM_MISMATCH = 0x11000002

_HUNG_UP = "the world hung up while the connection was being made"


def told_by_gateway(event: int, value: int, curve: GatewayCurve | None) -> str | None:
    """Why a gateway does not reach its world; None for an event of another kind."""
    if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL and value != _MECHANISM_MISMATCH:
        return f"what answers at link.address is no world (error {value:#x}): correct the address"
    return _told_by_plain(event) if curve is None else _told_by_encrypted(event, curve)


def _told_by_plain(event: int) -> str | None:
    if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return "the world wants CURVE keys: `python run.py keys` there shows what to set here"
    return _HUNG_UP if event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL else None


def _told_by_encrypted(event: int, curve: GatewayCurve) -> str | None:
    match event:
        case zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            return (
                "the world does not let this gateway in: add its name and public key to link.curve.gateways "
                f"of the world, NAME={curve.pair.public.hex()}"
            )
        case zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return "the world has no CURVE keys: set link.curve.gateways there, or empty link.curve.world"
        case zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            return (
                f"{_HUNG_UP}: if that goes on, its public key is not {curve.world.hex()} "
                "as link.curve.world says"
            )
        case _:
            return None


def told_by_world(event: int, value: int, curve: WorldCurve | None) -> str | None:
    """Why somebody does not come in; None if that says nothing, or is told elsewhere."""
    if event != zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        # An unknown key is told by `zap`, which knows the address. Who hangs up says nothing.
        return None
    if value == _CRYPTOGRAPHIC and curve is not None:
        return (
            "somebody has another public key for this world: link.curve.world of its gateways "
            f"must be {curve.pair.public.hex()}"
        )
    if value == _MECHANISM_MISMATCH and curve is not None:
        return (
            "somebody came without CURVE keys: if it is a gateway of yours, set link.curve.world there "
            f"to {curve.pair.public.hex()}"
        )
    if value == _MECHANISM_MISMATCH:
        return "a gateway came with CURVE keys and this world has none: set link.curve.gateways here"
    return f"somebody came who does not speak ZeroMQ's protocol (error {value:#x})"
