# The HTTP service, as `digitsolver serve` starts it, in an image without build tools.
#
#   docker build --file docker/serve.Dockerfile --tag digitsolver-serve .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --publish 127.0.0.1:8000:8000 --env DIGITSOLVER_API_KEY digitsolver-serve
#
# compose.yaml does the same with limits. Arguments behind the image's name are options of
# `digitsolver serve`; bundles of your own go into a volume: --model /models/tickets.

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt LICENSE README.md ./
COPY digitsolver digitsolver
COPY collector collector
# What builds the package is pinned, too; which variable counts for that depends on pip's age.
ENV PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /opt/digitsolver \
    && pip --python /opt/digitsolver/bin/python install --quiet --constraint constraints.txt '.[web]'

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="digitsolver serve" \
      org.opencontainers.image.description="Reads short digit strings in small images over HTTP" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/digitsolver /opt/digitsolver
ENV PATH=/opt/digitsolver/bin:/usr/local/bin:/usr/bin:/bin \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
# Every address inside the container: who reaches it is decided by the published port. Without
# an API key the service refuses to start, unless --no-key is given.
ENTRYPOINT ["digitsolver", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD []
