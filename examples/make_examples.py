"""Makes library/ and old-backups/ from the photographs that SOURCES.md names.

Usage: make_examples.py SCIKIT_IMAGE_DATA_FOLDER DANDELION_PHOTO
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
LIBRARY_QUALITY = 82
WHOLE = 100  # per cent


class Photo(NamedTuple):
    """A photograph of ours: where it comes from, the part we use, and how wide it becomes."""

    source: str
    width_px: int
    place: str = ""  # in the library; "" for what the library lacks
    crop: tuple[int, int, int, int] | None = None  # left, top, right, bottom


PHOTOS = {
    "path": Photo("gravel.png", 256, "2012/garden path.jpg"),
    "eye": Photo("retina.jpg", 512, "2013/eye test.jpg"),
    "eileen": Photo("astronaut.png", 512, "2014/eileen.jpg"),
    "stars": Photo("hubble_deep_field.jpg", 420, "2014/stars.jpg", (400, 380, 820, 800)),
    "launch": Photo("rocket.jpg", 640, "2015/launch.jpg"),
    "filming": Photo("camera.png", 512, "2016/filming.jpg"),
    "clock": Photo("clock_motion.png", 400, "2016/kitchen clock.jpg"),
    "dandelion": Photo("", 512, "2018/dandelion.jpg", (300, 0, 2700, 2400)),
    "meadow": Photo("", 640, "2018/meadow.jpg", (2700, 600, 5312, 2400)),
    "cat": Photo("chelsea.png", 451),
    "coffee": Photo("coffee.png", 448),
}

# folder/name: photo and scale in percent; with a quality: saved anew, else a copy where 100 %.
NEEDLES = {
    "2009 old camera/IMG_0012.JPG": ("path", 100, 78),
    "2009 old camera/IMG_0013.JPG": ("filming", 50, 80),
    "Canon SD card 1/DSC00101.JPG": ("eileen", 75, 80),
    "Canon SD card 1/DSC00102.JPG": ("eye", 75, 80),
    "Canon SD card 1/DSC00107.JPG": ("launch", 100, None),
    "Canon SD card 2/DSC00110.JPG": ("cat", 100, 80),
    "Canon SD card 2/DSC00111.JPG": ("filming", 50, 80),
    "Canon SD card 2/DSC00112.JPG": ("clock", 100, None),
    "DCIM_old/100_0001.jpg": ("meadow", 50, 80),
    "DCIM_old/100_0002.jpg": ("dandelion", 75, 80),
    "Florida 2015/launch small.jpg": ("launch", 75, 80),
    "Florida 2015/eileen (1).jpg": ("eileen", 100, 75),
    "Grandma's laptop/eye.jpg": ("eye", 100, None),
    "Grandma's laptop/clock.jpg": ("clock", 75, 80),
    "USB stick (blue)/coffee break.jpg": ("coffee", 100, 80),
    "USB stick (blue)/camera man.jpg": ("filming", 50, 80),
    "USB stick (blue)/dandelion.jpg": ("dandelion", 75, 80),
    "backup-2013-11-02/eye test.jpg": ("eye", 75, 80),
    "backup-2013-11-02/clock.jpg": ("clock", 75, 80),
    "backup-2016/filming.jpg": ("filming", 75, 80),
    "backup-2016/WhatsApp Images/IMG-20160514-WA0003.jpg": ("dandelion", 50, 80),
    "backup-2016/WhatsApp Images/IMG-20160514-WA0004.jpg": ("meadow", 50, 80),
    "copied from Anna/stars.jpeg": ("stars", 100, 75),
    "copied from Anna/camera.jpeg": ("filming", 75, 80),
    "garden/blowball.jpg": ("dandelion", 100, 75),
    "garden/meadow.jpg": ("meadow", 75, 80),
    "phone 2018/20180511_201502.jpg": ("meadow", 100, None),
    "phone 2018/20180514_121103.jpg": ("dandelion", 50, 80),
    "to sort/Kopie von launch.jpg": ("launch", 75, 80),
    "to sort/eileen.jpg": ("eileen", 50, 80),
    "to sort/kitchen clock (2).jpg": ("clock", 100, None),
}


def scaled(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Shrink `image` by area means."""
    size = round(image.shape[1] * factor), round(image.shape[0] * factor)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def take(photo: Photo, data: Path, dandelion: Path) -> NDArray[np.uint8]:
    """Read the photograph, cut out our part, and bring it to our width."""
    source = data / photo.source if photo.source else dandelion
    image = np.asarray(cv2.imread(str(source)), dtype=np.uint8)
    left, top, right, bottom = photo.crop or (0, 0, image.shape[1], image.shape[0])
    image = image[top:bottom, left:right]
    return scaled(image, photo.width_px / image.shape[1])


def save(path: Path, image: NDArray[np.uint8], quality: int) -> None:
    """Write a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])


def film(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a film of one second that pans over `image`."""
    small = scaled(image, 0.4)
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 12, (160, 120))
    for step in range(12):
        out.write(np.ascontiguousarray(small[20:140, 4 * step : 4 * step + 160]))
    out.release()


def main(data: Path, dandelion: Path) -> None:
    """Write everything below this folder."""
    images = {name: take(photo, data, dandelion) for name, photo in PHOTOS.items()}
    for name, photo in PHOTOS.items():
        if photo.place:
            save(HERE / "library" / photo.place, images[name], LIBRARY_QUALITY)
    for place, (name, percent, quality) in NEEDLES.items():
        image, whole = images[name], percent == WHOLE
        if whole and quality and PHOTOS[name].place:  # somebody saved the library's file anew
            image = np.asarray(cv2.imread(str(HERE / "library" / PHOTOS[name].place)), np.uint8)
        path = HERE / "old-backups" / place
        save(path, scaled(image, percent / 100), quality or LIBRARY_QUALITY)
    film(HERE / "old-backups" / "garden" / "clip.mp4", images["meadow"])
    (HERE / "old-backups" / "backup-2016" / "what is here.txt").write_text("Films and phone.\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
