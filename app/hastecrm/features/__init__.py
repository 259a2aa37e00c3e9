"""One folder per feature, the same five files in each; features are strangers to each other."""
