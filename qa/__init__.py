"""Question and passages in, answer out: reader, answer selection, metrics, training."""
