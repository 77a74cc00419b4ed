"""Each promise of the event backbone, broken on purpose, and the tests that must turn red."""

from tests.mutants.commands import COMMANDS
from tests.mutants.consuming import CONSUMING
from tests.mutants.order import ORDER
from tests.mutants.relaying import RELAYING

MUTANTS = (*ORDER, *RELAYING, *CONSUMING, *COMMANDS)
