"""Search over records of every kind: by the beginnings of words, in spite of a typo, the best first."""
