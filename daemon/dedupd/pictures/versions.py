"""Versions of what is kept about pictures; one goes up when its definition changes.

Results of two versions are never compared, and the store doesn't see those of another one.
"""

FINGERPRINT = 4
SIGNATURE = 3
MEASURES = 8
