"""Checkpoints: the keeper that takes them, what goes into one, and how it is written."""
