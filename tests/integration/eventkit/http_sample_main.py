"""python -m tests.integration.eventkit.http_sample_main ROLE"""

from eventkit.run import main
from tests.integration.eventkit.http_sample import SERVICE

main(SERVICE)
