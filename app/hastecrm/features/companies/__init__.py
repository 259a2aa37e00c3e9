"""Companies: the organisations that a workspace knows."""
