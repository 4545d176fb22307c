# The bot (by default) or the page, without PyTorch: docker build -t photo-bot . && docker run -e TELEGRAM_TOKEN=... photo-bot
ARG BASE=python:3.11-slim
FROM ${BASE} AS packages
COPY requirements.txt /
RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir --compile -r /requirements.txt \
    && /venv/bin/pip uninstall --yes pip

FROM ${BASE}
COPY --from=packages /venv /venv
WORKDIR /app
COPY bot bot
COPY localchat localchat
COPY model model
COPY web web
RUN /venv/bin/python -m compileall -q . \
    && useradd --system --uid 10001 --create-home app \
    && install --directory --owner app /state
USER app
# Nothing is written to the disk, so the file system may be read-only; STATE_DIR, if set, is a volume's.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 METRICS_PORT=9100
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request, os; urllib.request.urlopen(os.environ['HEALTH'], timeout=4)"]
ENV HEALTH=http://127.0.0.1:9100/metrics
CMD ["python", "-m", "bot"]
