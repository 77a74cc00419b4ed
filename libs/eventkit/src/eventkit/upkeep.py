"""What the role `worker` does in every service, beside the service's own work."""

from eventkit.head_exports import HeadWorker
from eventkit.service import Worker
from eventkit.unit import Kit


def forget_strangers(kit: Kit) -> bool:
    """Forget whom nothing was stored of; there is nothing to do at once after it."""
    kit.vault.forget_strangers()
    return False


KIT_WORKERS: tuple[Worker, ...] = (
    Worker("heads", HeadWorker().step, every=2.0),
    Worker("strangers", forget_strangers, every=3600.0),
)
