"""Builds with a fault in them, to see whether the long run would notice."""
