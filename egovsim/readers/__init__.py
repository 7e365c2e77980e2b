"""Model files in: XMILE and Vensim."""

from egovsim.readers.reading import read_file

__all__ = ["read_file"]
