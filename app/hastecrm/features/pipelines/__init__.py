"""Pipelines: the stages that deals go through, and the board that shows them."""
