# A worker (or any other verb): docker run anomaly-stream worker
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY anomaly_stream anomaly_stream
RUN python -m venv /opt/anomaly-stream \
    && /opt/anomaly-stream/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.12-slim
COPY --from=build /opt/anomaly-stream /opt/anomaly-stream
ENV PATH=/opt/anomaly-stream/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/cache \
    ANOMALY_STREAM_DATA_DIR=/data/state
RUN useradd --create-home anomaly && mkdir /data && chown anomaly /data
USER anomaly
VOLUME /data
ENTRYPOINT ["anomaly-stream"]
CMD ["worker"]
