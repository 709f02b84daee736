"""A session and those who look at it: its devices, what they have seen, and what waits for one that is away.

What is in `State` outlasts a crash. The flow of commands and the missed output in it are changed in place,
because that happens for every line: what was accepted is sent again after a crash and ignored by a world that
has it, so nothing accepted is lost and nothing runs twice.

While every device is sure to have what is written to it, nothing is kept and the link confirms what arrives.
In all other cases outputs gather here, and the world keeps them too until a client is known to have them: so
they outlast also the end of this process.
"""

import logging
from abc import abstractmethod

from actors.gateway.command_flow import CommandFlow
from actors.gateway.devices import Device, is_admitted, is_sure, seen_by_all, stay_beside
from actors.gateway.dialogue import Dialogue
from actors.gateway.messages.client import ClientGone, Farewell, Seen, SendData, SetEcho, Show, Speak
from actors.gateway.messages.handover import Attach, Attached, NotAttached
from actors.gateway.messages.link import LINK, Confirm
from actors.gateway.missed_output import MissedOutput
from actors.gateway.reconnect_results import WrongState
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import DEVICE_THERE, TAKEN_OVER, caught_up
from transports import packages
from transports.link.protocol import DisconnectReason, OutputNumber
from wyld_actors import Actor, Context, Exited, Message, Monitor, Record, Ref, on

logger = logging.getLogger(__name__)

_ENTERABLE = frozenset({SessionState.CHARACTER_SELECTION, SessionState.PLAYING, SessionState.DISCONNECTED})


class LookForClient(Message, frozen=True):
    """To oneself: this connection is gone; did it say so?"""

    is_moot_without_receiver = True

    connection: Ref


class Clients(Actor):
    """See the module."""

    class State(Record, frozen=True):
        """What outlasts a crash. `record`, `flow` and `missed` are there from the first start on.

        `moving_to` is the session that this one's client belongs to: what is left here is handed on.
        """

        record: SessionRecord | None = None
        flow: CommandFlow | None = None
        missed: MissedOutput | None = None
        dialogue: Dialogue = Dialogue()
        devices: tuple[Device, ...] = ()
        is_in_world: bool = False
        moving_to: Ref | None = None
        end_reason: DisconnectReason = DisconnectReason.GATEWAY_STOPPED

    def __init__(self, options: SessionOptions, number: SessionId, protocol: str, peer: str) -> None:
        super().__init__()
        self._options = options
        if self.state.record is None:
            record = SessionRecord.begin(number, protocol=protocol, peer=peer, now=self.ctx.now)
            self.state = self.state.replace(record=record, flow=CommandFlow(number), missed=MissedOutput())
        self._number = number
        self._flow: CommandFlow = self.state.flow
        self._flow.stream.limits = options.lines
        self._missed: MissedOutput = self.state.missed
        self._is_sure = is_sure(self.state.devices)
        # What a page that is back has seen, where the world has yet to send all of that again to a gateway
        # that has just begun.
        self._seen_elsewhere: OutputNumber = 0
        self._monitors: dict[Ref, Monitor] = {}
        self._touched_at = self.ctx.now
        self._link = self._found(LINK)

    @property
    def _record(self) -> SessionRecord:
        record: SessionRecord = self.state.record
        return record

    def _found(self, name: str) -> Ref:
        ref: Ref | None = self.ctx.system.registry.whereis(name)
        assert ref is not None, f"{name} starts before any session"
        return ref

    def on_start(self) -> None:
        for device in self.state.devices:
            self._monitors[device.connection] = self.ctx.monitor(device.connection)

    # What is shown ---------------------------------------------------------------------------------

    def _tell_client(self, message: Message) -> None:
        for device in self.state.devices:
            device.connection.tell(message)

    def _speak(self, text: str, prompt: str | None = None) -> None:
        if text or prompt is not None:
            self._tell_client(Speak(text, prompt))

    def _answer(self, text: str) -> None:
        """Say this to what was typed in play, which the world does not answer."""
        self._tell_client(Speak(text, asks_again=True))

    @on(Seen)
    def client_has_seen(self, _ctx: Context, seen: Seen) -> None:
        devices: tuple[Device, ...] = self.state.devices
        if any(device.connection == seen.connection for device in devices):
            # A client may say anything.
            number = max(0, min(seen.number, self._flow.received))
            self._set_devices(
                *(one.has_seen(number) if one.connection == seen.connection else one for one in devices)
            )
            self._confirm(seen_by_all(self.state.devices, self._flow.received))

    def _set_devices(self, *devices: Device) -> None:
        self.state = self.state.replace(devices=devices)
        self._is_sure = is_sure(devices)

    def _confirm(self, number: int | None, *, is_last: bool = False) -> None:
        """So much is seen, and kept no longer: neither here nor in the world. None: what comes is seen."""
        if number is None:
            self._missed.clear()
        else:
            self._missed.confirm(number)
        self._link.tell(Confirm(self._number, number, is_last))

    # Devices come ----------------------------------------------------------------------------------

    @on(Attach)
    def attach(self, ctx: Context, attach: Attach) -> Attached:
        """Somebody is back, or has come with another device."""
        devices: tuple[Device, ...] = self.state.devices
        policy = self._options.devices
        if self._record.state not in _ENTERABLE:
            raise NotAttached(WrongState.text)
        if not is_admitted(policy, devices, shows_token=attach.shows_token):
            raise NotAttached(DEVICE_THERE)
        staying = stay_beside(policy, devices)
        for device in devices:
            if device not in staying:
                self._let_go(ctx, device)
        away_seconds = None if devices else ctx.now - self._record.changed_at
        device = Device(
            attach.connection,
            confirms=attach.seen is not None,
            seen=self._believed(attach.seen) or 0,
            takes_tokens=attach.takes_tokens,
            goes_on=attach.shows_token,
        )
        self._add(ctx, device, *staying)
        # Beside another device, that one is to see it all.
        is_ahead = attach.seen is not None and attach.seen > self._flow.received and not staying
        self._seen_elsewhere = attach.seen or 0 if is_ahead else 0
        record = self._record.with_metadata(attach.metadata)
        self.state = self.state.replace(record=record.with_client(attach.protocol, attach.peer))
        self._touched_at = ctx.now
        logger.info("session %d: %s from %s is attached", self._number, attach.protocol, attach.peer)
        self._show_missed(attach, away_seconds)
        self._client_is_back(ctx, away_seconds or 0.0, attach.next_secret)
        return Attached(self._number)

    def _add(self, ctx: Context, device: Device, *others: Device) -> None:
        self._set_devices(*others, device)
        self._monitors[device.connection] = ctx.monitor(device.connection)

    def _let_go(self, ctx: Context, device: Device) -> None:
        monitor = self._monitors.pop(device.connection, None)
        if monitor is not None:
            ctx.demonitor(monitor)
        device.connection.tell(Farewell(TAKEN_OVER, DisconnectReason.TAKEN_OVER.value))

    def _show_missed(self, attach: Attach, away_seconds: float | None) -> None:
        connection, seen = attach.connection, self._believed(attach.seen)
        gap, deliveries, number = self._missed.after(seen)
        if attach.seen is not None:
            connection.tell(SendData(packages.RESUMED, {"seen": seen or 0, "missed": gap}))
        connection.tell(SetEcho(True))
        has_missed = any(delivery.is_readable for delivery in deliveries)
        connection.tell(Speak(caught_up(away_seconds, gap, has_missed=has_missed)))
        if deliveries:
            connection.tell(Show(deliveries, None, number))
        self._confirm(None if self._is_sure else seen_by_all(self.state.devices, self._flow.received))

    def _believed(self, seen: int | None) -> int | None:
        """What a client says that it has of what is kept here: nothing, if that is more than has come. Then a
        world may have gone back to a time before, and its numbers mean something else now."""
        return None if seen is None or not 0 <= seen <= self._flow.received else seen

    @abstractmethod
    def _client_is_back(self, ctx: Context, away_seconds: float, next_secret: str) -> None:
        """A device has been attached and knows what was missed: go on. `next_secret`: see `Attach`."""

    # Devices go ------------------------------------------------------------------------------------

    @on(ClientGone)
    def client_gone(self, ctx: Context, gone: ClientGone) -> None:
        self._lose(ctx, gone.connection, DisconnectReason.CLIENT_CLOSED)

    @on(Exited)
    def connection_gone(self, ctx: Context, exited: Exited) -> None:
        """One that ended in order has sent ClientGone, which is still to be read: look again behind it."""
        ctx.ref.tell(LookForClient(exited.ref))

    @on(LookForClient)
    def look_for_client(self, ctx: Context, look: LookForClient) -> None:
        self._lose(ctx, look.connection, DisconnectReason.CLIENT_LOST)

    def _lose(self, ctx: Context, connection: Ref, reason: DisconnectReason) -> None:
        devices: tuple[Device, ...] = self.state.devices
        left = tuple(device for device in devices if device.connection != connection)
        if len(left) == len(devices):
            # It was sent away before it went.
            return
        self._monitors.pop(connection, None)
        seen = seen_by_all(devices, self._flow.received)
        self._set_devices(*left)
        if left:
            self._confirm(None if self._is_sure else seen_by_all(left, self._flow.received))
        else:
            self._without_client(ctx, reason, seen)

    @abstractmethod
    def _without_client(self, ctx: Context, reason: DisconnectReason, seen: int) -> None:
        """The last device is gone; its player has all outputs up to `seen`."""
