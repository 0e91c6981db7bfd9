"""What an act of several edits comes to: the edits, and what to say of them."""

from __future__ import annotations

from dataclasses import dataclass

from mailtui.edits.model import Edit


@dataclass(frozen=True, slots=True)
class Plan:
    """Edits that belong together. `says`: sentences to tell, safe to show. `refused`: why there are none."""

    edits: tuple[Edit, ...] = ()
    says: tuple[str, ...] = ()
    refused: str = ""
