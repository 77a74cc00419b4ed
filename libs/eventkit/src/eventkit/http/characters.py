"""Characters that no text or no name may hold: people would not see them, or see a thousand."""

from __future__ import annotations

import re
from itertools import groupby
from unicodedata import bidirectional, category, combining

# Line and paragraph separators, and the marks that turn the direction of what follows.
_MISLEADING = r"\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
# All other format characters (Unicode category Cf), which show nothing by themselves.
_INVISIBLE = (
    r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200f\u2060-\u2064"
    r"\u206a-\u206f\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
# No surrogates: the parser refuses them, and not every dialect of patterns can name them.
NOT_IN_LINES = rf"\x00-\x1f\x7f-\x9f{_MISLEADING}{_INVISIBLE}"
NOT_IN_TEXTS = rf"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_MISLEADING}"
_JOINERS = re.compile("[\u200c\u200d]")
_ZWNJ = "\u200c"
_EMOJI_STYLE = "\ufe0f"
_VIRAMA = 9
# As many as the Stream-Safe Text Format takes (UAX 15, section 13).
MOST_MARKS = 30


def without_joiners(text: str) -> str:
    """The text without the joiners that people see: those that its script needs, or its emoji.

    RFC 5892, A.1 and A.2, says where a script needs one; UTS 51 has the sequences of emoji.
    """
    return _JOINERS.sub(lambda found: "" if _is_needed(text, found.start()) else found[0], text)


def is_stacked(text: str) -> bool:
    """Whether more marks stand on one letter than any language writes."""
    if text.isascii():
        return False
    runs = groupby(text, lambda character: category(character).startswith("M"))
    return any(len(list(run)) > MOST_MARKS for is_mark, run in runs if is_mark)


def _is_needed(text: str, place: int) -> bool:
    before, after = text[:place][-1:], text[place + 1 :][:1]
    if before and combining(before) == _VIRAMA:
        return True
    if not before or not after:
        return False
    if text[place] == _ZWNJ:
        return bidirectional(before) == bidirectional(after) == "AL"
    is_emoji = before == _EMOJI_STYLE or category(before) in ("So", "Sk")
    return is_emoji and category(after) == "So"
