"""Two small Django projects that serve the same file: ours and django-large-image's.

They run in different virtual environments, so that each module here imports one of them only.
"""
