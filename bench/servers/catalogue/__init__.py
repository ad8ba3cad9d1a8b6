"""The app that both projects have in common."""
