"""The world's end of the link: gateways, the streams of every session, and what leaves the world."""
