"""Bytes of one file -> what we know of the picture in it; knows no path and no store."""
