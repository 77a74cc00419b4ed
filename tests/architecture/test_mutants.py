"""The code that mutants break is where they look for it, long before anybody runs them all."""

import pytest

from tests.architecture.project import ROOT
from tests.mutants.mutant import Mutant
from tests.mutants.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_finds_what_it_changes_and_who_must_see_it(mutant: Mutant) -> None:
    for change in mutant.changes:
        texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(change.files)]
        assert any(change.old in text for text in texts), change.files
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).is_file()
