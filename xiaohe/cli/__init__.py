"""Commands: the same actions as the pages."""
