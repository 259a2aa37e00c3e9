"""The API's promises as pages for people, made from its OpenAPI document: one for each operation, searchable.

They need nothing from elsewhere and run no script: search is a form, and every request is shown for curl.
"""
