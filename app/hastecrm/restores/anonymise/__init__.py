"""Copies for testing: people become invented people, and what opens or tells anything is taken out."""
