"""What the law gives a person: everything that is kept about them, and its erasure."""
