"""The Django app: requests become values, values become replies."""
