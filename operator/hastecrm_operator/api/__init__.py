"""What users write and read back: frozen models, names, labels. No I/O, and nothing of ours is imported."""
