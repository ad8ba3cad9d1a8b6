"""Strings to values and back; no framework in it."""
