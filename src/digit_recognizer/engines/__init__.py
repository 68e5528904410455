"""What runs many pieces of work over several machines; which work is the caller's."""
