"""What the role `worker` does in every service, beside the service's own work."""

from eventkit.service import Worker

KIT_WORKERS: tuple[Worker, ...] = ()
