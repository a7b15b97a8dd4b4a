# wirewatch as an image: the locked dependencies and the three packages, run by nobody in particular.
ARG PYTHON=python:3.13.13-slim-trixie

FROM ${PYTHON} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/wirewatch
WORKDIR /src
# the dependencies first: a change of the code leaves this layer alone
COPY requirements.lock ./
RUN /opt/wirewatch/bin/pip install --no-compile --require-hashes -r requirements.lock
# the build backend, locked as well, in an environment that does not go into the image
COPY requirements-build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY streams/ streams/
COPY alerts/ alerts/
COPY monitor/ monitor/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/wirewatch/bin/pip install --no-compile --no-deps /wheels/*.whl \
    && /opt/wirewatch/bin/pip uninstall --yes pip \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/wirewatch/lib

FROM ${PYTHON}
RUN groupadd --gid 10001 wirewatch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin wirewatch \
    && install -d -o wirewatch -g wirewatch -m 0750 /data
COPY --from=builder /opt/wirewatch /opt/wirewatch
ENV PATH=/opt/wirewatch/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WIREWATCH_DATA=/data
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
    CMD ["wirewatch", "health", "--desk", "/desk"]
ENTRYPOINT ["wirewatch"]
CMD ["run", "--desk", "/desk"]
