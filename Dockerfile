# One image for every process of ours; docker-compose.yml names the command of each.
# Tags are pinned, digests are not: they could not be looked up where this was written. docs/operations.md,
# "Images", says how to add them.
ARG PYTHON_IMAGE=python:3.11.15-slim-bookworm
ARG NODE_IMAGE=node:24.18.1-bookworm-slim

# The browser's scripts. package-lock.json holds their hashes; no install script runs (.npmrc).
FROM ${NODE_IMAGE} AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci && mkdir vendor && cp node_modules/htmx.org/dist/htmx.min.js vendor/

# The Python packages, wheels only: nothing is compiled and no package runs code while it is installed.
FROM ${PYTHON_IMAGE} AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: \
        --require-hashes --requirement /tmp/requirements.txt

FROM ${PYTHON_IMAGE}
# The two folders are mount points; a new volume takes over their owner.
RUN groupadd --gid 10001 platform \
    && useradd --uid 10001 --gid platform --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin platform \
    && install --directory --owner=platform --group=platform /var/lib/platform/demo /var/lib/platform/simulator \
        /var/lib/platform/mails
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY activities activities
COPY api api
COPY domain domain
COPY gateways gateways
COPY middleware middleware
COPY migrations migrations
COPY models models
COPY services services
COPY simulator simulator
COPY web web
COPY workers workers
COPY workflows workflows
COPY --from=assets /assets/vendor web/static/vendor
# Readable whatever the umask of the clone; compiled now, since the file system is read-only later.
RUN chmod -R a+rX /app && python -m compileall -q /app
USER 10001:10001
CMD ["python", "-m", "workers", "portal"]
