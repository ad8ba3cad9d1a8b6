"""A ready Django project: a catalogue of images and a viewer."""
