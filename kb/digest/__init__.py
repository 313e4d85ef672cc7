"""What a note is about: its key sentences and terms, and the notes around it."""
