"""How players come into the world and leave it: a desk that takes requests, clerks that serve them."""
