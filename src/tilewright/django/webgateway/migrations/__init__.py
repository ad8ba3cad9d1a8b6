"""The tables of rendering settings."""
