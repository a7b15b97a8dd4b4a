"""Heap: a large book is built without Python's collector going through it again and again.

With 10,000 rules one full collection stops every thread for a tenth of a second and more, and a
build sets off several.  Invariant: books have no cycles, so the old one is freed when it is let go.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def built_aside() -> Iterator[None]:
    """While a book is built; from then on the collector passes over all that is there."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def unwatched() -> Iterator[None]:
    """While much is made that stays: without the collector, as it was before from then on."""
    watched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if watched:
            gc.enable()
