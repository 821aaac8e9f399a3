"""Persons: keys, evidence, join and undo, links, names, search."""
