"""What entities tell each other, by subject. Import from the modules.

`subjects` says who and what messages speak of. `playing` is between a session and the character it plays;
`ways`, `senses` and `transfers` are what a room is asked and answers: coming and going, speech and looks,
goods; `presence` and `keeper` are those two's, and `events` what npcs are told.

Requests are imperatives, events are in the past tense. A request that comes from a player's command carries
its `number`: whoever finishes the command says so to the character with that number (Answer, Entered, ...).
Number 0 stands for what is done without a command.

Things and persons on their way are never in nobody's hands: a Transfer or an Enter that its receiver
cannot handle goes back, see `actors.world.transfers`.
"""
