"""A ready Django project: a catalogue of images, uploads, and the viewer."""
