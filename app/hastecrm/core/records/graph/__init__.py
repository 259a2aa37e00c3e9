"""GraphQL of all kinds of records: types, root fields, relations. Imported when GraphQL is first asked for.

Whatever the query, each level of it is one statement: relations are gathered by loaders and read together.
strawberry checks and describes the schema; the fields of records are resolved without it (`fast` says why).
"""
