"""The one place that imports OpenCV, set up before it reads its environment.

Its limit on pixels stands behind our own check of the header, which `IMREAD_REDUCED_*` would
step over.  Warnings are on: a damaged TIFF says so only there.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENCV_LOG_LEVEL", "WARNING")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "200000000")

import cv2
from cv2.typing import MatLike

cv2.setNumThreads(1)  # one picture at a time in each worker; the pool does the rest

__all__ = ["MatLike", "cv2"]
