# Three targets: the command line (the default), `server`, and `notebook` with JupyterLab and MLflow.

FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 \
    PATH="/opt/aisle/bin:$PATH"
# LightGBM needs OpenMP, which the slim image lacks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

FROM base AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/aisle
WORKDIR /build
COPY pyproject.toml ./
COPY constraints/ constraints/
# What is installed before the source is copied is installed once, however often the source changes.
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > core.txt \
    && pip install -c constraints/core.txt -r core.txt

FROM dependencies AS server-dependencies
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['serve'], sep='\n')" > server.txt \
    && pip install -c constraints/core.txt -c constraints/dev.txt -r server.txt

FROM dependencies AS notebook-dependencies
RUN python -c "import tomllib; extras = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; print(*(r for name in ('notebook', 'track', 'search', 'audit') for r in extras[name]), sep='\n')" > notebook.txt \
    && pip install -c constraints/core.txt -c constraints/dev.txt -r notebook.txt

FROM dependencies AS wheel
COPY README.md LICENSE ./
COPY src/ src/
RUN pip wheel --no-deps --wheel-dir /wheels .

FROM notebook-dependencies AS notebook-installed
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels pip install --no-deps /wheels/*.whl

FROM server-dependencies AS server-installed
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels pip install --no-deps /wheels/*.whl

FROM dependencies AS installed
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels pip install --no-deps /wheels/*.whl

# A user without rights, and the three places that may be written to: the root file system need not.
FROM base AS runtime
ARG UID=1000
RUN useradd --uid "$UID" --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin aisle \
    && install --directory --owner aisle --group aisle /cache /work /mlflow
ENV HOME=/tmp \
    AISLE_CACHE=/cache
WORKDIR /work
VOLUME ["/cache"]

FROM runtime AS notebook
COPY --from=notebook-installed /opt/aisle /opt/aisle
ENV SHELL=/bin/bash
USER aisle
EXPOSE 8888
ENTRYPOINT ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "--ServerApp.root_dir=/work"]

FROM runtime AS server
COPY --from=server-installed /opt/aisle /opt/aisle
USER aisle
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/v2/health/ready', timeout=4)"]
ENTRYPOINT ["aisle", "serve", "--host", "0.0.0.0"]
CMD ["/models/model.aisle"]

FROM runtime AS aisle
COPY --from=installed /opt/aisle /opt/aisle
USER aisle
ENTRYPOINT ["aisle"]
CMD ["--help"]
