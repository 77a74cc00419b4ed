# One image a service: docker build -f deploy/docker/service.Dockerfile --build-arg SERVICE=meetings .
FROM python:3.13-slim AS build
ARG SERVICE
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /venv
COPY services/${SERVICE}/requirements.lock .
RUN pip --python /venv/bin/python install --no-compile --require-hashes -r requirements.lock
COPY libs libs
COPY services/${SERVICE} service
COPY deploy/docker/compiled.py .
# What builds and tests packages stays behind; bytecode is kept of what a process loads alone.
RUN pip --python /venv/bin/python install --no-compile --no-deps --no-build-isolation \
      ./libs/contracts ./libs/eventkit ./service \
    && pip --python /venv/bin/python uninstall --yes --quiet flit_core \
    && find /venv/lib -depth -type d \( -name tests -o -name testing \) -exec rm -r {} + \
    && /venv/bin/python compiled.py ${SERVICE}

FROM python:3.13-slim
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="netztreff-${SERVICE}" \
      org.opencontainers.image.description="Netztreff's service ${SERVICE}, every role of it" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin netztreff \
    && install -d -o 10001 /var/lib/netztreff/heads /var/lib/netztreff/erasures
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HTTP_BIND=0.0.0.0:8000 \
    OPERATOR_BIND=0.0.0.0:9000 \
    MODE=production
COPY deploy/docker/healthy.sh /healthy.sh
USER 10001
# 8000 is the API; 9000, for operators only, answers /livez, /readyz and /metrics.
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["bash", "/healthy.sh"]
ENTRYPOINT ["python", "-m"]
