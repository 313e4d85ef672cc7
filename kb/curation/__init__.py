"""Questions that people asked, and the answers that are written for them."""
