"""Examples of drawn pictures, under ``/drawn/``."""
