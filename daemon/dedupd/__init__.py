"""dedupd: is every picture in here already in my library?"""

__version__ = "0.1.0"
