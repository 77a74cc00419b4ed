"""What the role `worker` does in every service, beside the service's own work."""

import sqlalchemy as sa

from eventkit.database import Unavailable
from eventkit.erasure.worker import ErasureWorker
from eventkit.service import Worker
from eventkit.unit import Kit
from eventkit.verifying.exports import HeadWorker


def forget_strangers(kit: Kit) -> bool:
    """Forget whom nothing was stored of; raises Unavailable. There is nothing to go on with."""
    try:
        kit.vault.forget_strangers()
    except sa.exc.OperationalError as error:
        raise Unavailable(str(error).partition("\n")[0]) from error
    return False


KIT_WORKERS: tuple[Worker, ...] = (
    Worker("erasures", ErasureWorker().step, every=2.0),
    Worker("heads", HeadWorker().step, every=2.0),
    Worker("strangers", forget_strangers, every=3600.0),
)
