# A mail server that keeps every mail as a file in /mailbox and delivers nothing.
FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /venv
COPY deploy/docker/mail.lock .
RUN pip --python /venv/bin/python install --require-hashes -r mail.lock \
    && find /venv/lib -depth -type d \( -name tests -o -name testing \) -exec rm -r {} +

FROM python:3.13-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="netztreff-mail" \
      org.opencontainers.image.description="Keeps every mail as a file and delivers nothing" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin netztreff \
    && install -d -o 10001 /mailbox
COPY --from=build /venv /venv
COPY deploy/local/__init__.py deploy/local/mail_catcher.py deploy/local/ports.py /app/local/
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8025
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8025 && read -r -t 4 answer <&3 && [[ $answer == 220* ]]"]
CMD ["python", "-m", "local.mail_catcher", "8025", "/mailbox", "0.0.0.0"]
