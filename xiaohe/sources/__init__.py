"""Files in: readers, declared formats, mapping, the import and its report."""
