"""What the bar over the queue says: how many messages, how many of them shown, by what they are grouped."""

from __future__ import annotations

import time
from collections.abc import Sized

from mailtui.postfix.mailqueue.groups import TITLES, By
from mailtui.postfix.mailqueue.words import age, counts
from mailtui.screens.parts.listscreen import UNREAD
from mailtui.screens.parts.queuestore import QueueStore
from mailtui.screens.parts.text import Span

NARROW = 76
"""Columns below which the oldest message is not told."""


def bar_words(
    store: QueueStore,
    *,
    width: int,
    shown: int,
    rows: Sized,
    done: bool,
    marked: int,
    filter_text: str,
    within: tuple[By, str] | None,
    by: By | None,
) -> list[Span]:
    """The spans of the bar."""
    found: list[Span] = []
    if marked:
        found.append((f"{marked:,} marked  ", "accent"))
    if store.trouble:
        return [*found, (store.trouble if len(rows) else UNREAD, "error")]
    if not store.listing.complete:
        return [*found, (f"reading… {len(store.listing):,}", "dim")]
    if within is not None:
        key = within[1] or "–"
        name = key if len(key) < width // 3 else f"{key[: width // 3]}…"
        of = f"{shown:,} of {len(rows):,}" if filter_text else f"{len(rows):,}"
        return [*found, (f"{of} of {TITLES[within[0]]} ", "dim"), (name, "accent")]
    if filter_text and by is None:
        return [*found, (f"{shown:,}{'' if done else '…'} of {len(rows):,} shown", "dim")]
    if filter_text:
        found.append((f"{shown:,} group{'s' * (shown != 1)}  ", "dim"))
    else:
        found.append((_counts(store, width), "dim"))
    if by is not None:
        found.append((f"  by {TITLES[by]}", "accent"))
    return found


def _counts(store: QueueStore, width: int) -> str:
    """`1,318 deferred · 2 active · 1 hold · oldest 2 h`, as far as there is room."""
    parts = [f"{count:,} {name}" for name, count in counts(store.listing)]
    oldest = store.listing.oldest
    if oldest is not None and width >= NARROW:
        parts.append(f"oldest {age(time.time() - oldest)}")
    return " · ".join(parts) or "empty"
