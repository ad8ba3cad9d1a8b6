"""Faces of maps that show many images at once: a project says which, these serve them."""
