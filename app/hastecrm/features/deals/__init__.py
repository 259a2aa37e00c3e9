"""Deals: what may be earned, where it stands in its pipeline, and how it got there."""
