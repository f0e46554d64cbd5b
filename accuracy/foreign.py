"""Copies that other people's programs write; what isn't installed is left out by name."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program, how to ask whether it works, and the copies it makes.

    Attributes:
        copies: Name -> arguments, suffix of the copy, and whether it holds less than the original.
            `IN` and `OUT` stand for the files, `HALF` and `MOST` for sizes in pixels, and `PAGE`
            for a page that shows the picture at half its size, `HALVES`.
    """

    names: tuple[str, ...]
    asked: str
    copies: dict[str, tuple[tuple[str, ...], str, bool]]


_IMAGEMAGICK = Program(
    ("magick", "/usr/bin/convert", "convert"),
    "-version",
    {
        "ImageMagick q75": (("IN", "-quality", "75", "OUT"), ".jpg", True),
        "ImageMagick 50 %": (("IN", "-resize", "50%", "-quality", "85", "OUT"), ".jpg", True),
        "ImageMagick thumbnail 75 %, stripped": (
            ("IN", "-thumbnail", "75%", "-quality", "80", "OUT"),
            ".jpg",
            True,
        ),
        "ImageMagick WebP": (("IN", "-quality", "80", "OUT"), ".webp", False),
    },
)
_LIBVIPS = Program(
    ("vipsthumbnail",),
    "--vips-version",
    {
        "libvips 50 %": (("IN", "--size", "HALF", "-o", "OUT[Q=80]"), ".jpg", True),
        "libvips 75 %": (("IN", "--size", "MOST", "-o", "OUT[Q=80]"), ".jpg", True),
    },
)
_FFMPEG = Program(
    ("ffmpeg",),
    "-version",
    {
        "ffmpeg q3": (("-y", "-v", "error", "-i", "IN", "-q:v", "3", "OUT"), ".jpg", True),
        "ffmpeg q8": (("-y", "-v", "error", "-i", "IN", "-q:v", "8", "OUT"), ".jpg", True),
        "ffmpeg 50 % bicubic": (
            ("-y", "-v", "error", "-i", "IN", "-vf", "scale=iw/2:-1", "-q:v", "3", "OUT"),
            ".jpg",
            True,
        ),
        "ffmpeg WebP": (("-y", "-v", "error", "-i", "IN", "-quality", "80", "OUT"), ".webp", False),
    },
)
_CHROMIUM = Program(
    ("chromium", "chromium-browser", "google-chrome"),
    "--version",
    {
        "Chromium, shown at 50 %": (
            (
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                "--window-size=HALVES",
                "--screenshot=OUT",
                "PAGE",
            ),
            ".png",
            True,
        ),
    },
)
PROGRAMS = {
    "ImageMagick": _IMAGEMAGICK,
    "libvips": _LIBVIPS,
    "ffmpeg": _FFMPEG,
    "Chromium": _CHROMIUM,
}

RECODED = ("ImageMagick q75", "ffmpeg q3", "ffmpeg q8")
"""JPEGs of the original's size."""

_PAGE = '<body style="margin:0;overflow:hidden"><img src="{}" style="width:{}px;display:block">'


@functools.cache
def installed(name: str) -> str:
    """Return the path of a program of the table that works here, "" if there is none."""
    program = PROGRAMS[name]
    for one in program.names:
        path = shutil.which(one)
        if path is not None and _answers(path, program.asked):
            return path
    return ""


def missing() -> list[str]:
    """Return the names of the programs that aren't installed."""
    return [name for name in PROGRAMS if not installed(name)]


def copies(data: bytes, only: Container[str] | None = None) -> Iterator[tuple[str, bytes, bool]]:
    """Yield (what was done, the copy, whether it holds less) of a picture file.

    Args:
        only: What alone is to be done; None for everything.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / ("in.jpg" if data.startswith(b"\xff\xd8") else "in.png")
        source.write_bytes(data)
        for name, program in PROGRAMS.items():
            for title, (arguments, suffix, worse) in program.copies.items():
                out = Path(folder) / f"out{suffix}"
                if only is not None and title not in only:
                    continue
                if installed(name) and _run(installed(name), arguments, source, out):
                    yield title, out.read_bytes(), worse
                    out.unlink()


def _run(path: str, arguments: tuple[str, ...], source: Path, out: Path) -> bool:
    """Run it; return whether there is a copy now."""
    with Image.open(source) as image:
        width, height = image.size
    page = out.with_name("page.html")
    page.write_text(_PAGE.format(source.name, width // 2))
    words = {
        "IN": str(source),
        "PAGE": page.as_uri(),
        "HALVES": f"{width // 2},{height // 2}",
        "HALF": f"{width // 2}x{height // 2}",
        "MOST": f"{3 * width // 4}x{3 * height // 4}",
        "OUT": str(out),
    }
    command = [path, *(_filled(one, words) for one in arguments)]
    subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)
    return out.exists()


def _filled(argument: str, words: dict[str, str]) -> str:
    """Return an argument with the one word in it that stands for something."""
    word = next((one for one in words if one in argument), "")
    return argument.replace(word, words[word]) if word else argument


def _answers(path: str, question: str) -> bool:
    done = subprocess.run([path, question], check=False, capture_output=True, timeout=TIMEOUT_S)
    return done.returncode == 0
