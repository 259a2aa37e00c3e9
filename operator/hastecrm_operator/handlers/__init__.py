"""Kopf: watches the HasteCRM objects and hands what it sees to the controller. No logic here."""
