"""Touches: the governor, held-out people, tasks, ready words, taps and what came of them."""
