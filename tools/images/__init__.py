"""Builds the project's container images; run by `make images`, imported by its tests alone."""
