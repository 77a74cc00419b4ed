"""`python -m notifications ROLE`."""

from eventkit.run import main
from notifications.app import SERVICE

main(SERVICE)
