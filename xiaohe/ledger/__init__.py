"""Facts: the catalogue, the two doors (bulk and stream), the lake, the engine, undo, export and backup."""
