"""Measures how well dedupd tells copies from look-alikes: `python -m accuracy --help`."""
