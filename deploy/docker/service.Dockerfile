# One image a service: docker build -f deploy/docker/service.Dockerfile --build-arg SERVICE=meetings .
FROM python:3.13-slim AS build
ARG SERVICE
WORKDIR /build
RUN python3 -m venv /venv
COPY services/${SERVICE}/requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY libs libs
COPY services/${SERVICE} service
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation \
    ./libs/contracts ./libs/eventkit ./service

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin netztreff \
    && install -d -o 10001 /var/lib/netztreff/heads /var/lib/netztreff/erasures
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HTTP_BIND=0.0.0.0:8000 \
    OPERATOR_BIND=0.0.0.0:9000
COPY deploy/docker/healthy.py /healthy.py
USER 10001
# 8000 is the API; 9000, for operators only, answers /livez, /readyz and /metrics.
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 CMD ["python", "/healthy.py"]
ENTRYPOINT ["python", "-m"]
