"""What the networks that find writing and numbers learn from, and these networks."""
