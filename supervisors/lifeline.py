"""The child's end of the socket between the launcher and a process it started.

Up goes a line of JSON: ready, and where this process can be reached; then signs of life, a line each. Down
comes nothing at all but the end of the stream, when the launcher is gone for whatever reason, SIGKILL
included, for the kernel closes the socket. The child then stops in order, as if it had got SIGTERM, and
kills itself if it has not ended in time.

Why not PR_SET_PDEATHSIG: it knows Linux only, fires when the *thread* that forked ends, and can send but one
signal: SIGTERM would not end a process whose loop is stuck, SIGKILL would take the last checkpoint away.
The watch runs in a native thread, out of gevent's hands, so that it works while the loop does not.
"""

import _socket
import contextlib
import json
import os
import signal

from gevent import monkey

_start_native_thread = monkey.get_original("_thread", "start_new_thread")
_native_sleep = monkey.get_original("time", "sleep")


class Lifeline:
    """Hold the connection to the launcher over an inherited descriptor. Make at most one in a process."""

    def __init__(self, descriptor: int, *, limit_seconds: float) -> None:
        """`limit_seconds` is how long an ordered stop may take after the launcher has gone."""
        # Processes started by this one must not keep the socket open after its end.
        os.set_inheritable(descriptor, False)
        # gevent made it non-blocking in the launcher, and that travels with the descriptor.
        os.set_blocking(descriptor, True)
        self._descriptor = descriptor
        self._limit_seconds = limit_seconds
        # gevent's sockets belong to a loop, and a sign comes from outside of it.
        self._signs = _socket.socket(fileno=os.dup(descriptor))
        self._is_ready = False
        _start_native_thread(self._watch, ())

    def report_ready(self, facts: object) -> None:
        """Tell the launcher that this process serves, with JSON-able facts about where."""
        line = json.dumps(facts).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except (BrokenPipeError, ConnectionResetError):
            return  # the launcher is gone, and the watch is about to say so
        self._is_ready = True

    def give_sign(self, facts: object) -> None:
        """Tell the launcher that this process lives, from any thread. Nothing before it is ready.

        Never waits: a launcher that does not read hears less.
        """
        if not self._is_ready:
            return
        with contextlib.suppress(OSError):
            self._signs.send(json.dumps(facts).encode() + b"\n", _socket.MSG_DONTWAIT)

    def _watch(self) -> None:
        try:
            while os.read(self._descriptor, 1):
                pass
        except ConnectionResetError:
            pass  # a reset is an end too
        os.kill(os.getpid(), signal.SIGTERM)
        _native_sleep(self._limit_seconds)
        os.kill(os.getpid(), signal.SIGKILL)
