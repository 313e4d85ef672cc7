"""Questions whose answers must stay right, kept as a note; an index must pass them to be taken."""
