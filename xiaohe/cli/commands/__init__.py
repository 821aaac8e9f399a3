"""One file per command: `summary()`, `add_arguments(parser)`, `run(arguments, out) -> exit code or None`."""
