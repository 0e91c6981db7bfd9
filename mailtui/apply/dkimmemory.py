"""What is remembered of DKIM keys, in the state folder of an instance."""

from __future__ import annotations

import os
from collections.abc import Callable

from mailtui.apply.state import StateError, of_instance
from mailtui.milters.dkim import store
from mailtui.milters.dkim.store import Memory, StoreError
from mailtui.postfix.instance import Instance


def recall(instance: Instance) -> Memory:
    """What is remembered; nothing where there is no state folder yet. Raises StoreError."""
    try:
        folder = of_instance(instance)
    except StateError as error:
        raise StoreError(str(error)) from None
    return store.load(folder) if os.path.isdir(folder) else Memory()


def remember(instance: Instance, change: Callable[[Memory], Memory]) -> Memory:
    """Change what is remembered, alone; what it is then. Written only where it differs. Raises StoreError."""
    try:
        folder = of_instance(instance, make=True)
    except StateError as error:
        raise StoreError(str(error)) from None
    with store.locked(folder):
        before = store.load(folder)
        after = change(before)
        if after != before:
            store.save(folder, after)
        return after
