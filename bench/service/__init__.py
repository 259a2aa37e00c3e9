"""Measures what one process of the CRM's API takes and gives, beside references in the same run."""
