"""A slice of rows → facts, columnar: one module per shape of row (orders, items, contacts, any table's lines)."""
