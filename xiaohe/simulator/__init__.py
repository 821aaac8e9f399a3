"""A synthetic market that acts through the same doors: the sample shop and a quarter with a known effect."""
