"""Custom fields: what a workspace wants to know of its records beside what everyone does."""
