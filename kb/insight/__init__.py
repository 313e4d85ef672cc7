"""Pictures of a base: where its passages lie, how its notes hang together, what is asked of it."""
