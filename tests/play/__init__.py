"""The whole server, played over real sockets by real players, and hurt in every way we know."""
