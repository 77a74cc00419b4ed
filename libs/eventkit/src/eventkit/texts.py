"""When two texts are the same for people: whatever their case and the form of their letters."""

from unicodedata import normalize


def caseless(text: str) -> str:
    """What equal names have in common: `ﬁ` is `fi`, `ẞ` is `ss`, `İ` is no `i` (Unicode, D147)."""
    return normalize("NFKC", normalize("NFKC", text).casefold())
