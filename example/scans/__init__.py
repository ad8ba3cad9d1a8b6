"""A project whose images are served by Tilewright."""
