"""What the role `worker` does in every service, beside the service's own work."""

from eventkit.head_exports import HeadWorker
from eventkit.service import Worker

KIT_WORKERS: tuple[Worker, ...] = (Worker("heads", HeadWorker().step, every=2.0),)
