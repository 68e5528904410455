# The HTTP service, and nothing else. It needs a file of token hashes (digits serve --new-token --token-file tokens):
#   docker build -t digits . && docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -v ./tokens:/tokens:ro digits
FROM python:3.12-slim
COPY pyproject.toml README.md LICENSE CHANGELOG.md /source/
COPY docs/package.md /source/docs/
COPY src /source/src
RUN pip install --no-cache-dir "/source[serve,formats]" && rm -r /source && useradd --no-create-home --uid 10001 digits
USER 10001
ENV PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz')"]
ENTRYPOINT ["digits", "serve", "--host", "0.0.0.0", "--token-file", "/tokens"]
