"""Automations: what the CRM does by itself when something happens to a deal."""
