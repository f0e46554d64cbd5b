"""The JSON shapes of what the daemon answers: one file for each kind of thing, pure functions."""
