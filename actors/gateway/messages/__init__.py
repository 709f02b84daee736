"""What the actors of the gateway tell each other, by who speaks to whom. Import from the modules.

    driver ──events──> Connection ──lines──> Session ──commands──> GatewayLink ══> world
    driver <──bytes─── Connection <──Show─── Session <──Incoming── GatewayLink <══

`client` is between connection and session, `link` between session and link; `handover` moves a client from
one session to another, `pool` is asked for connections. A line that was typed and a command on its way are
the records of the transports themselves (`LineReceived`, `Command`), handed on as they are. What comes back
is grouped: one Incoming to a session for everything that a batch of the link holds for it, one Show to its
connection.

    Session ──KeepSession, TouchSession, DropSession, KeepToken──> SessionBook ──batches──> database
    young Session ──ResumeSession──> SessionBook ──Resumable──> young Session

`book` is what the book of sessions is told and asked, `tokens` what opens a session again.
"""
