"""python -m tests.integration.meetings.served ROLE: meetings, which takes the tests' own tokens."""

from dataclasses import replace

from eventkit.run import main
from meetings.app import SERVICE

main(replace(SERVICE, issues_tokens=True))
