"""Commands broken: what is kept of a call beside its events."""

from tests.mutants.mutant import KIT, Change, Mutant

TOGETHER = "tests/integration/eventkit/test_all_or_nothing.py"
KEEP_KEY = "SELECT keep_idempotency_key(%s, %s, %s, %s, %s, %s)"

COMMANDS = (
    Mutant(
        "an idempotency key is kept before the command's transaction",
        (
            Change(
                f"{KIT}/unit.py",
                "            pending = decide(raw)\n",
                "            pending = decide(raw)\n"
                "            if idempotency:\n"
                "                version = pending.history.version + 1\n"
                "                kept = (*idempotency.values, pending.stream, version)\n"
                f"                raw.execute({KEEP_KEY!r}, kept)\n"
                "                idempotency = None\n",
            ),
        ),
        (f"{TOGETHER}::test_a_call_that_failed_leaves_no_key",),
    ),
    Mutant(
        "an idempotency key is kept after the command's transaction",
        (
            Change(
                f"{KIT}/unit.py",
                "            pending = decide(raw)\n",
                "            pending = decide(raw)\n"
                "            if idempotency:\n"
                "                written = self._once(decide, None, queue)\n"
                "                kept = (*idempotency.values, written.stream, written.version)\n"
                f"                raw.execute({KEEP_KEY!r}, kept)\n"
                "                return written\n",
            ),
        ),
        (f"{TOGETHER}::test_a_call_whose_key_cannot_be_kept_stores_nothing",),
    ),
)
