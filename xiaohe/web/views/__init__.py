"""One module per page: parse, call one action or query, render."""
