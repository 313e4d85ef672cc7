"""Note files: found, read, parsed and written."""
