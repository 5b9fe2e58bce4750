# A worker (or any other verb): docker run anomaly-stream worker
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY anomaly_stream anomaly_stream
RUN python -m venv /opt/anomaly-stream \
    && /opt/anomaly-stream/bin/pip install --no-cache-dir --constraint constraints.txt '.[api,demo,notify,parquet]'
# Compiled code fits the kind of processor that builds the image. On another kind, a worker compiles when it starts.
RUN NUMBA_CACHE_DIR=/opt/anomaly-stream/kernels \
    /opt/anomaly-stream/bin/python -P -m anomaly_stream.apps.compile_kernels

FROM python:3.12-slim
COPY --from=build /opt/anomaly-stream /opt/anomaly-stream
ENV PATH=/opt/anomaly-stream/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/opt/anomaly-stream/kernels \
    ANOMALY_STREAM_DATA_DIR=/data/state
RUN useradd --create-home anomaly && mkdir /data && chown -R anomaly /data /opt/anomaly-stream/kernels
USER anomaly
VOLUME /data
# Of a worker; other verbs end before it is asked for the first time, or serve nothing: run them with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"ANOMALY_STREAM_METRICS__PORT\", 9464)}/livez', timeout=3)"]
ENTRYPOINT ["anomaly-stream"]
CMD ["worker"]
