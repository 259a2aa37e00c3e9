"""What every kind of record can do, written once: a `Kind` is declared, all else is derived from it.

    COMPANY = Kind("company", "companies", Resource.COMPANY, "…", [Field("name", Type.TEXT, "…", "Acme")], {})

Derived are pydantic models (`schemas`), OpenAPI operations (`contract`), routes, the use cases (`service`),
SQL (`statements`, `listing`) and GraphQL (`graph`). A kind's own rules are pure functions that it names
(`Kind.prepare`). A record is a mapping of its columns' names to values, as PostgreSQL gave them.
"""
