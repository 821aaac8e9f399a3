"""Segments: rules about people, with three faces from one definition: query, sentence, explanation."""
