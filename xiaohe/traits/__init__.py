"""Per-person state rebuilt from facts: orders, occasions, rhythm, stage, expected value."""
