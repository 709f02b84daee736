"""The operators' interface: what a running process tells of itself, and what may be done to it.

Pure parts: `views`, `checks`, `summary`, `restarts`, `loop_lag`. Doing: `control`, `chaos`, `audit`. Around
them `desk` (one for each process), `app` (HTTP), `server` (the actor), and for the other end `client` and
`commands`.
"""
