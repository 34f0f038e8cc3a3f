# The image: built in one stage, run in another that has no build tools and no root.
# tests/chatapp/test_image.py performs these steps in a clean folder.

FROM python:3.13-slim-trixie AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
# The packages first: this layer stays while only our own files change.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra aws --extra google --extra mcp --extra office --extra postgres --extra redis
COPY manage.py LICENSE ./
COPY chatapp ./chatapp
COPY conversations ./conversations
COPY static ./static
COPY templates ./templates
RUN .venv/bin/python -m compileall -q chatapp conversations
# The key made on the way stays in this stage.
RUN DATA_DIR=/tmp/build STATIC_ROOT=/app/collected .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --no-create-home colloquy && install -d -m 700 -o colloquy /data
COPY --from=build /app /app
WORKDIR /app
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data STATIC_ROOT=/app/collected PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER colloquy
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD [".venv/bin/python", "-S", "chatapp/healthcheck.py"]
CMD [".venv/bin/python", "manage.py", "serve"]
