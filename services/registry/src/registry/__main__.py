"""`python -m registry ROLE`."""

from eventkit.run import main
from registry.app import SERVICE

main(SERVICE)
