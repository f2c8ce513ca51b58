# The commands `digitsolver` and `collector` with TensorFlow, for training and for audits.
#
#   docker build --file docker/train.Dockerfile --tag digitsolver-train .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --user "$(id -u):$(id -g)" --volume "$PWD:/data" digitsolver-train \
#     digitsolver train my-captchas --out my-model
#
# Paths are those below the folder that is mounted as /data.

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
    && pip --python /opt/digitsolver/bin/python install --quiet --constraint constraints.txt '.[train]'

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="digitsolver train" \
      org.opencontainers.image.description="Trains networks that read short digit strings in small images" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/digitsolver /opt/digitsolver
# Keras and matplotlib keep their settings in HOME, which is not writable for every user.
ENV PATH=/opt/digitsolver/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    MPLBACKEND=Agg \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=3
USER 10001:10001
WORKDIR /data
CMD ["digitsolver", "--help"]
