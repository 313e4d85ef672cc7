"""The notes folder brought into the catalogue and the search indexes."""
