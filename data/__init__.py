"""Doors: reading, validating and writing files."""
