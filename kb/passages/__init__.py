"""Notes cut into passages."""
