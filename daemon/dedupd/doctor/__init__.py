"""What this machine lacks for dedupd, and for each what to type.

Facts are gathered by `examination` and the modules it calls; what they mean is decided by small
pure functions that return a `Finding`.  Only ever reads; needs no daemon and no right.
"""
