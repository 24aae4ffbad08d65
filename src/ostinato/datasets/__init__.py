"""Well-known data sets by name, each as one table.

    >>> from ostinato import datasets
    >>> datasets.info("etth1").licence
    'CC BY-ND 4.0'
    >>> datasets.load("pydoc").columns.tolist()
    ['topic', 'text']

Some come with a library that is installed anyway and need no network (`info(name).bundled`);
the others are downloaded once into the user's cache. Where the files' bytes are known, every
load compares their SHA-256; where `info(name).files` has `sha256=None` they are not, and the
download logs the digest it got instead.
"""

from __future__ import annotations

from ostinato.datasets.catalogue import File as File
from ostinato.datasets.catalogue import Info as Info
from ostinato.datasets.catalogue import info as info
from ostinato.datasets.catalogue import names as names
from ostinato.datasets.fetch import cache_directory as cache_directory
from ostinato.datasets.fetch import load as load
