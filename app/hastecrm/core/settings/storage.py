"""Where data lives."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from hastecrm.core.settings.values import Port, ReadableFile, Seconds


class StorageSettings(BaseModel):
    """PostgreSQL and Redis."""

    database_host: str | None = Field(None, min_length=1, description="PostgreSQL host.")
    database_port: Port = Field(5432, description="PostgreSQL port.")
    database_name: str = Field("hastecrm", min_length=1, description="Database to use.")
    database_user: str = Field("hastecrm", min_length=1, description="Role to connect as.")
    database_password: SecretStr | None = Field(None, description="Password of that role.")
    database_ssl_mode: Literal["disable", "prefer", "require", "verify-full"] = Field(
        "prefer", description="How TLS to PostgreSQL is negotiated."
    )
    database_ca_file: ReadableFile | None = Field(None, description="CA bundle (PEM) for `verify-full`.")
    pool_min_size: int = Field(2, ge=0, le=100, description="Connections kept open.")
    pool_max_size: int = Field(10, ge=1, le=500, description="Connections at most.")
    pool_timeout: Seconds = Field(2.0, description="Longest wait for a free connection; then 503.")
    pool_queue: int | None = Field(
        None, ge=0, le=100_000, description="Waiting for a connection at most; then 503. Unset: 10 for each."
    )
    statement_timeout: Seconds = Field(5.0, description="Longest a statement may run; then 504.")
    sql_request_id: bool = Field(
        True, description="Whether PostgreSQL sees the request's id (in `application_name`)."
    )
    migrate_wait: Seconds = Field(60.0, description="How long `migrate` waits for the database.")
    migrate_lock_timeout: Seconds = Field(
        1.0, description="Longest that `migrate` queues for a lock, while others queue behind it."
    )
    migrate_lock_tries: int = Field(
        20, ge=1, le=1000, description="How often it tries, with pauses of up to 10 s."
    )
    redis_host: str | None = Field(None, description="Redis host; without it nothing is cached.")
    redis_port: Port = Field(6379, description="Redis port.")
    redis_user: str | None = Field(None, min_length=1, description="Redis user; without it, its `default`.")
    redis_password: SecretStr | None = Field(None, description="Redis password.")
    redis_tls: bool = Field(False, description="Whether Redis is reached through TLS.")
    redis_ca_file: ReadableFile | None = Field(
        None, description="CA bundle (PEM) that Redis is checked against; unset: the system's."
    )
