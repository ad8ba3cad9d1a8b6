"""Serve pictures that are not static files, from Python and Django.

Importing this package loads no codec and reads no entry point.
"""

__version__ = "0.1.0.dev0"
