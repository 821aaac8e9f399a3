"""Pages for the merchant."""
