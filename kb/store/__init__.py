"""Where the passages of a base are kept for searching: embedded, or in a cluster."""
