# The gateway, without a compiler, a package manager's cache or root.
# BASE is any image with Python 3.11 or later and its venv module. Where no registry is in reach,
# scripts/build-base-image.sh makes one of this name from Debian packages.
ARG BASE=python:3.11-slim-bookworm

# The dependencies are a layer of their own, made and sent again only when the lock changes.
FROM ${BASE} AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# pip stays behind in this stage: what it installs goes into a second environment that has none.
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/python
COPY requirements/ /requirements/
RUN /pip/bin/pip install --quiet --require-hashes --requirement /requirements/build.txt \
    && /pip/bin/pip --python /opt/python install --quiet --require-hashes --requirement /requirements/runtime.txt

FROM dependencies AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY filters filters
COPY gateway gateway
COPY devtools devtools
RUN /pip/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /pip/bin/pip --python /opt/python install --quiet --no-deps --target /opt/pointsman /wheel/*.whl

FROM ${BASE}
RUN groupadd --gid 10001 pointsman \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pointsman
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title=Pointsman \
    org.opencontainers.image.description="An LLM gateway that decides, for every request, which model should serve it" \
    org.opencontainers.image.licenses=Apache-2.0 \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}
ENV PATH=/opt/pointsman/bin:/opt/python/bin:$PATH PYTHONPATH=/opt/pointsman \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /etc/pointsman
USER pointsman
EXPOSE 12000
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 CMD ["python3", "-I", "-S", "/opt/healthcheck.py"]
ENTRYPOINT ["pointsman"]
# Inside of a container every address of it is listened on; which of them others reach, `ports` says.
CMD ["up", "--address", "0.0.0.0"]
COPY --from=dependencies /opt/python /opt/python
COPY --from=build /opt/pointsman /opt/pointsman
COPY deploy/healthcheck.py /opt/healthcheck.py
COPY config.yaml ./
