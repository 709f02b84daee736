"""A world small enough to hold in the head, for the tests: two zones, four rooms, a door, three items and
an npc."""

from __future__ import annotations

from actors.world.atlas import parse
from actors.world.atlas_records import Atlas

HARBOUR = """
[zone]
id = "harbour"
name = "The Harbour"
start = "quay"

[rooms.quay]
name = "The Old Quay"
description = '''
Tar, salt and gulls.
The planks creak.

A tavern sign swings to the north.
'''
[rooms.quay.exits]
north = { room = "inn", door = "oak door", closed = true }
east = "town/market"

[rooms.inn]
name = "The Gilded Stag"
description = "A low room with a fire."
exits.south = { room = "quay", door = "oak door", closed = true }
exits.down = { room = "cellar", one_way = true }

[rooms.cellar]
name = "A Cellar"
description = "Barrels, and no ladder."

[items.lantern]
name = "brass lantern"
description = "It smells of oil."
room = "quay"
count = 2

[items.anchor]
name = "anchor"
article = "an"
description = "It has been here longer than the quay."
takeable = false
weight = 400
room = "quay"

[npcs.innkeeper]
name = "Marta"
keywords = ["innkeeper"]
description = "She has heard every story twice."
room = "inn"
"""

TOWN = """
[zone]
id = "town"
name = "The Town"

[rooms.market]
name = "The Market"
description = "Stalls, and a well in the middle."
exits.west = "harbour/quay"

[items.rope]
name = "coil of rope"
keywords = ["hemp"]
description = "Thirty feet of it."
weight = 3
room = "market"
"""

FILES = [("harbour.toml", HARBOUR), ("town.toml", TOWN)]


def atlas() -> Atlas:
    return parse(FILES)
