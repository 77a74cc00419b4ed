"""`python -m meetings ROLE`."""

from eventkit.run import main
from meetings.app import SERVICE

main(SERVICE)
