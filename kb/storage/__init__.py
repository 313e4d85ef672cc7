"""SQLite connections, what cannot be derived again, and the writer's lock."""
