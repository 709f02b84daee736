"""The gateway's actors: connections, sessions and their dialogue, the pool, and its end of the link."""
