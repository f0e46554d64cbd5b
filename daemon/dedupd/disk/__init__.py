"""The photo roots on the disk: which folder is which, what is in it; only ever read."""
