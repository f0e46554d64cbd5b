"""Look-alikes that are drawn: one screen in several languages, documents that differ in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from accuracy import writers
from accuracy.scalers import Pixels, area, by_factor

_INK, _PAPER, _ACCENT = (30, 30, 30), (255, 255, 255), (200, 120, 40)

SCREENS = {
    "English": ("Settings", "Wi-Fi and networks", "Sound", "Display", "Storage", "Accounts"),
    "German": ("Einstellungen", "WLAN und Netzwerke", "Ton", "Anzeige", "Speicher", "Konten"),
    "French": ("Réglages", "Wi-Fi et réseaux", "Son", "Affichage", "Stockage", "Comptes"),
    "Spanish": ("Ajustes", "Wi-Fi y redes", "Sonido", "Pantalla", "Espacio", "Cuentas"),
    "Polish": ("Ustawienia", "Wi-Fi i sieci", "Dźwięk", "Ekran", "Pamięć", "Konta"),
    "Russian": ("Настройки", "Wi-Fi и сети", "Звук", "Экран", "Память", "Аккаунты"),
    "Greek": ("Ρυθμίσεις", "Wi-Fi και δίκτυα", "Ήχος", "Οθόνη", "Χώρος", "Λογαριασμοί"),
    "Japanese": ("設定", "ネットワーク", "音", "画面", "保存", "口座"),
}
"""One screen in several languages: its title, and the rows below it."""

_TEXT = """
the owner of the house agrees to pay the sum named above on the first day of each month and keeps
the garden the roof and the windows in good order for as long as this paper holds
"""
_WORDS = _TEXT.split()
_LINES = 34


@dataclass(frozen=True, slots=True)
class Pages:
    """Pictures of one kind that are all different."""

    group: str
    name: str
    pages: tuple[bytes, ...]


def pages(quick: bool) -> Iterator[Pages]:
    """Yield groups of screens and of documents, as PNG, as JPEG, and dark."""
    sizes = ((720, 1280),) if quick else ((720, 1280), (1080, 1920), (1280, 800))
    for width, height in sizes:
        for dark in (False, True):
            screens = [_screen(rows, width, height, dark) for rows in SCREENS.values()]
            name = f"{width} x {height}{', dark' if dark else ''}"
            yield Pages("localised screens", f"{name}, PNG", tuple(map(writers.png, screens)))
            coded = tuple(writers.jpeg(one, 85) for one in screens)
            yield Pages("localised screens", f"{name}, JPEG", coded)
    for seed in range(2 if quick else 6):
        yield from _documents(seed)


def _documents(seed: int) -> Iterator[Pages]:
    dice = np.random.default_rng(seed)
    lines = [" ".join(dice.choice(_WORDS, 11)) for _ in range(_LINES)]
    for what, changed in (("a line", 11), ("a word", 1)):
        versions = [lines]
        for line in (4, 15, 27):
            other = lines[line].split()
            other[:changed] = dice.choice(_WORDS, changed)
            versions.append([*lines[:line], " ".join(other), *lines[line + 1 :]])
        sheets = [_sheet(one) for one in versions]
        coded = tuple(writers.jpeg(one, 85) for one in sheets)
        yield Pages(f"documents, {what} differs", f"seed {seed}", coded)
        small = tuple(writers.jpeg(by_factor(one, 0.5, area), 80) for one in sheets)
        yield Pages(f"documents, {what} differs", f"seed {seed}, half", small)


def _screen(rows: tuple[str, ...], width: int, height: int, dark: bool) -> Pixels:
    picture = np.full((height, width, 3), _PAPER, np.uint8)
    bar = height // 10
    cv2.rectangle(picture, (0, 0), (width, bar), _ACCENT, -1)
    _write(picture, rows[0], width // 20, bar * 2 // 3, bar // 2, _PAPER)
    for number, text in enumerate(rows[1:]):
        base = bar + (number + 1) * height // 8
        cv2.circle(picture, (width // 12, base - bar // 8), bar // 5, _ACCENT, -1)
        _write(picture, text, width // 6, base, bar // 3, _INK)
        cv2.line(picture, (0, base + bar // 3), (width, base + bar // 3), (225, 225, 225), 2)
    return np.asarray(255 - picture if dark else picture, np.uint8)


def _sheet(lines: list[str]) -> Pixels:
    picture = np.full((1754, 1240, 3), _PAPER, np.uint8)
    for number, line in enumerate(lines):
        _write(picture, line, 110, 140 + 46 * number, 24, _INK)
    return picture


def _write(
    picture: Pixels, text: str, left: int, base: int, size_px: int, colour: tuple[int, int, int]
) -> None:
    """Write one line in a font that knows the letters of all these languages."""
    cv2.putText(picture, text, (left, base), colour, cv2.FontFace("uni"), size_px)
