# Every image of the project: `docker build --target app .`, or `python3 tools/images build`, which also works
# where no registry can be reached. Targets: redis, postgres, operator, app.
#
# BASE_PYTHON   a Debian base, with Python >= 3.11 or without (then Debian's own is installed)
# BASE_DEBIAN   a Debian 12 base: PostgreSQL 15 and Redis 7 are its packages
# POSTGRES_MAJOR the version of pg_dump and pg_restore in the application's image (15)
# PIP_INDEX_URL another package index than PyPI; every file is checked against the hashes of uv.lock
# secret `ca`   a CA bundle for the build alone (--secret id=ca,src=FILE); never part of an image
ARG BASE_PYTHON=docker.io/library/python:3.13-slim-bookworm
ARG BASE_DEBIAN=docker.io/library/debian:12-slim

# Every image is the system that its program needs and nothing else: a `…-root` stage installs packages, `keep-only`
# drops what they do not depend on (the package manager, Perl, set-uid programs), and one layer takes what is left.

# --- Redis and PostgreSQL -----------------------------------------------------------------------------------------
FROM ${BASE_DEBIAN} AS debian
RUN echo 'hastecrm:x:10001:10001:HasteCRM:/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'hastecrm:x:10001:' >> /etc/group
COPY --chmod=0755 images/install images/keep-only /build/

FROM debian AS redis-root
RUN --mount=type=secret,id=ca /build/install redis-server
RUN /build/keep-only base-files base-passwd libc-bin dash coreutils grep redis-server && rm -rf /build

FROM scratch AS redis
COPY --from=redis-root / /
RUN mkdir -p /data && chown 10001:10001 /data && chmod 0700 /data
COPY --chmod=0755 images/redis/entrypoint images/redis/redis-ready images/redis/keep-credentials images/redis/credentials /usr/local/bin/
COPY --chmod=0644 images/redis/redis.conf /etc/hastecrm/redis.conf
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
USER 10001:10001
WORKDIR /data
EXPOSE 6379
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["redis-ready"]
ENTRYPOINT ["/usr/local/bin/entrypoint"]
ARG VERSION=7-2
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="HasteCRM Redis" \
      org.opencontainers.image.description="Redis 7 of Debian 12, persistent and behind a password" \
      org.opencontainers.image.source="https://github.com/hastecrm/hastecrm" \
      org.opencontainers.image.licenses="Apache-2.0 AND BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

FROM debian AS postgres-root
# No cluster at installation: the entry point creates one, on the volume.
RUN mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
RUN --mount=type=secret,id=ca /build/install postgresql-15
# The server needs neither LLVM (just-in-time compilation, no help to short queries) nor Debian's cluster scripts and
# their Perl: together more than half of the installation. Its own files stay, and the packages of their libraries.
RUN rm -rf /usr/lib/postgresql/15/lib/bitcode /usr/lib/postgresql/15/lib/llvmjit* \
 && /build/keep-only base-files base-passwd libc-bin dash coreutils grep tzdata only:postgresql-15 only:postgresql-client-15 -- \
    /usr/lib/postgresql/15/bin/* /usr/lib/postgresql/15/lib/*.so \
 && rm -rf /build /etc/postgresql-common /etc/postgresql /etc/ssl/private /var/lib/postgresql /run/postgresql \
 && /usr/lib/postgresql/15/bin/postgres --version

FROM scratch AS postgres
COPY --from=postgres-root / /
RUN mkdir -p /var/lib/postgresql/data \
 && chown 10001:10001 /var/lib/postgresql/data && chmod 0700 /var/lib/postgresql/data
COPY --chmod=0755 images/postgres/entrypoint images/postgres/keep-credentials /usr/local/bin/
COPY --chmod=0644 images/postgres/postgresql.conf images/postgres/pg_hba.conf images/postgres/pg_ident.conf /etc/hastecrm/
COPY --chmod=0644 images/postgres/setup.sql images/postgres/login.sql images/postgres/retire.sql /etc/hastecrm/
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
USER 10001:10001
WORKDIR /tmp
EXPOSE 5432
# "Fast" shutdown: roll back what is open, write a checkpoint, exit. SIGTERM would wait for clients to leave.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD pg_isready -q -h 127.0.0.1 -U "${POSTGRES_USER:-hastecrm}" -d "${POSTGRES_DB:-hastecrm}"
ENTRYPOINT ["/usr/local/bin/entrypoint"]
ARG VERSION=15-2
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="HasteCRM PostgreSQL" \
      org.opencontainers.image.description="PostgreSQL 15 of Debian 12 with one owner, one database and checksums" \
      org.opencontainers.image.source="https://github.com/hastecrm/hastecrm" \
      org.opencontainers.image.licenses="Apache-2.0 AND PostgreSQL" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# --- The two programs ---------------------------------------------------------------------------------------------
FROM ${BASE_PYTHON} AS python
RUN echo 'hastecrm:x:10001:10001:HasteCRM:/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'hastecrm:x:10001:' >> /etc/group
COPY --chmod=0755 images/install images/keep-only images/python/ensure-python /build/
RUN --mount=type=secret,id=ca /build/ensure-python
ENV LANG=C.UTF-8

# Everything that only building needs stays in this stage: pip, uv, strip, the CA bundle.
FROM python AS builder
ARG UV_VERSION=0.13.9
ARG PIP_INDEX_URL=
COPY --chmod=0755 images/python/install-tools /build/
RUN --mount=type=secret,id=ca /build/install-tools
COPY --chmod=0755 images/python/install-dependencies images/python/install-source /build/
WORKDIR /build

FROM builder AS app-dependencies
ARG PIP_INDEX_URL=
COPY pyproject.toml uv.lock /build/
RUN --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/uv /build/install-dependencies app

FROM builder AS app-source
ARG VERSION=0.0.0
COPY app/hastecrm /opt/hastecrm/lib/hastecrm
RUN /build/install-source hastecrm hastecrm.main "${VERSION}"

FROM builder AS operator-dependencies
ARG PIP_INDEX_URL=
COPY pyproject.toml uv.lock /build/
RUN --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/uv /build/install-dependencies operator

FROM builder AS operator-source
ARG VERSION=0.0.0
COPY operator/hastecrm_operator /opt/hastecrm/lib/hastecrm_operator
RUN /build/install-source hastecrm-operator hastecrm_operator.main "${VERSION}"

# What both programs run on. No pip, no compiler's parts of the standard library: nothing installs or builds anything
# in a running container.
FROM python AS runtime-root
COPY --chmod=0755 images/python/keep-python /build/
RUN /build/keep-python && rm -rf /build

FROM scratch AS runtime
COPY --from=runtime-root / /
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chmod=0755 images/python/healthcheck /usr/local/bin/healthcheck
# Two malloc arenas: an event loop and a few threads gain nothing from eight per core, and pay for them in memory.
ENV PATH=/opt/hastecrm/bin:/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    HOME=/tmp \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM

FROM runtime AS operator
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["healthcheck", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["hastecrm-operator"]
COPY --from=operator-dependencies /opt/venv /opt/venv
COPY --from=operator-source /opt/hastecrm /opt/hastecrm
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="HasteCRM operator" \
      org.opencontainers.image.description="Runs HasteCRM on Kubernetes" \
      org.opencontainers.image.source="https://github.com/hastecrm/hastecrm" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# The application also has the programs that take and read dumps. A server of a later version needs those of that
# version, from a base whose package lists have them: --build-arg POSTGRES_MAJOR=17 --build-arg BASE_PYTHON=…
FROM python AS app-root
ARG POSTGRES_MAJOR=15
RUN --mount=type=secret,id=ca /build/install "postgresql-client-${POSTGRES_MAJOR}"
COPY --chmod=0755 images/python/keep-python images/python/only-new /build/
RUN cd "/usr/lib/postgresql/${POSTGRES_MAJOR}/bin" \
 && find . -type f ! -name pg_dump ! -name pg_restore ! -name psql -delete \
 && /build/keep-python "only:postgresql-client-${POSTGRES_MAJOR}" /usr/lib/postgresql/*/bin/* \
 && rm -rf /usr/share/postgresql \
 && /usr/lib/postgresql/*/bin/pg_dump --version
COPY --from=runtime-root / /base
RUN /build/only-new /base /new

FROM runtime AS app
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD healthcheck "http://127.0.0.1:${HASTECRM_PROBE_PORT:-9000}/health/live"
ENTRYPOINT ["hastecrm"]
COPY --from=app-root /new /
COPY --from=app-dependencies /opt/venv /opt/venv
COPY --from=app-source /opt/hastecrm /opt/hastecrm
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="HasteCRM" \
      org.opencontainers.image.description="The CRM: API, web page, worker, migrations" \
      org.opencontainers.image.source="https://github.com/hastecrm/hastecrm" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
