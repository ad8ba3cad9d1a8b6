"""The IIIF Image API, 3.0 and 2.1.1: its paths to a `RenderRequest`, and its ``info.json``."""
