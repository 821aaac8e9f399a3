"""The rule tree, pure: what a rule is, which windows it knows, and what it may say about people and records."""
