# The site as an image: no root, nothing it could write to. docs/installing.md shows it at work; docker-compose.yml
# runs web, work and migrations from it. Every library is one whose checksum stands in a lock file.

FROM python:3.13-slim-trixie AS build
WORKDIR /build
RUN python -m venv /opt/petitions && python -m venv /opt/builder
COPY requirements.lock deploy/build.lock ./
RUN /opt/petitions/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock
RUN /opt/builder/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r build.lock
COPY pyproject.toml README.md CHANGELOG.md ./
COPY sql sql
COPY templates templates
COPY petitions petitions
RUN /opt/builder/bin/python -m hatchling build -t wheel
RUN /opt/petitions/bin/pip install --no-cache-dir --no-index --no-deps dist/*.whl

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --no-create-home --home-dir /srv/petitions --shell /usr/sbin/nologin petitions
COPY --from=build /opt/petitions /opt/petitions
ENV PATH=/opt/petitions/bin:$PATH PETITIONS_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/petitions
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["petitions", "serve", "--no-work"]
