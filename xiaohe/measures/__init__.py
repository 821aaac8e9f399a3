"""Versioned definitions that return a value together with the people behind it."""
