"""What the notes hold, in SQLite."""
