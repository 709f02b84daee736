"""The link between gateway and world: pure cores, and a thin driver over ZeroMQ. Knows no actor.

Start at `protocol` (what crosses) and docs/protocol.md (how it goes). `handshake`, `streams`, `requests` and
`liveness` decide; `codec`, `outbox` and `intake` turn frames into batches and back; `dealer` and `router` do
the I/O, behind `interface`, which `memory` offers too. Nothing is imported here, so that whoever needs the
records alone does not load ZeroMQ.
"""
