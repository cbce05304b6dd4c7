# Each RUN that matters is a target of the Makefile, so that it is exercised without an engine.
FROM python:3.11-slim AS build
# Whatever make there is will do: it stays in this stage.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY .ci .ci
COPY requirements requirements
RUN make /opt/placarde/.locked VENV=/opt/placarde PYTHON=python3
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY data data
COPY geo geo
COPY maps maps
RUN make install VENV=/opt/placarde PYTHON=python3
WORKDIR /
ENV NUMBA_CACHE_DIR=/opt/placarde/kernels OMP_NUM_THREADS=1
RUN make --file /src/Makefile warm VENV=/opt/placarde PYTHON=python3

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 placarde
COPY --from=build --chown=placarde /opt/placarde /opt/placarde
ENV PATH=/opt/placarde/bin:$PATH OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/opt/placarde/kernels
# By its number: what runs the container may ask whether it is root without reading its files.
USER 10001
WORKDIR /home/placarde
RUN placarde doctor && mkdir --mode 700 placarde-data
VOLUME /home/placarde/placarde-data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["placarde", "serve", "--host", "0.0.0.0"]
