# The whole scope in one container: nginx on port 80, the app behind it, start.sh as PID 1, no root.
#   docker build -t web-oscilloscope . && docker run --rm -p 8080:80 web-oscilloscope
# BASE may be any Debian or Debian-based Python image with Python 3.11 or newer, its own or Debian's.
ARG BASE=python:3.12-slim
FROM ${BASE}

# The capability lets nginx, and only nginx, listen on port 80 without root.
RUN apt-get update \
    && apt-get install -y --no-install-recommends nginx libcap2-bin \
        $(python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv) \
    && setcap cap_net_bind_service=+ep "$(command -v nginx)" \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*

# A file of certificates in the build, for a network that has its own.
ARG PIP_CERT

WORKDIR /scope
COPY pyproject.toml ./
COPY scripts/requirements.py scripts/
RUN python3 -m venv /opt/scope \
    && /opt/scope/bin/python -c "from scripts.requirements import requirements; print(*requirements(['mqtt', 'redis']), sep='\n')" >/tmp/asked \
    && /opt/scope/bin/python -m pip install --no-cache-dir --no-compile --disable-pip-version-check -r /tmp/asked \
    && /opt/scope/bin/python -m pip uninstall --quiet --yes pip setuptools \
    && { /opt/scope/bin/python -m compileall -q -j 0 /opt/scope/lib || true; } \
    && rm -rf /tmp/* /root/.cache

COPY . ./
RUN /opt/scope/bin/python -m compileall -q app scripts \
    && useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin scope \
    && install --directory --owner=scope /data
USER 10001
ENV VIRTUAL_ENV=/opt/scope PATH=/opt/scope/bin:$PATH HOME=/tmp SCOPE_NGINX=on PORT=80 SCOPE_DATA=/data
VOLUME /data
EXPOSE 80
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
    CMD python -c "import os, ssl, urllib.request as ask; s = 's' if os.environ.get('SCOPE_TLS', '').lower() in ('on', '1', 'true', 'yes') or os.environ.get('SCOPE_TLS_CERT') else ''; ask.urlopen(f'http{s}://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2, context=ssl._create_unverified_context())"
CMD ["./start.sh"]
