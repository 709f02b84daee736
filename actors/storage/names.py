"""How names are compared: accounts and characters are unique whatever the case.

What a name may look like is the login's and the world's business; here is only when two are the same.
"""

from __future__ import annotations

import unicodedata

__all__ = ["name_key"]


def name_key(name: str) -> str:
    """The form under which a name is unique: "Ann", "ANN" and a full-width "Ａｎｎ" are one."""
    # Unicode 3.13, D146: toNFKC_Casefold; folding may undo the normal form, hence the second pass.
    folded = unicodedata.normalize("NFKC", name.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)
