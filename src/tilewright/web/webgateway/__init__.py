"""OMERO's webgateway: its URLs' strings to values, and values to its documents.

Behaviour is that of OMERO.web, and of the image-region microservice where only that has it.
"""
