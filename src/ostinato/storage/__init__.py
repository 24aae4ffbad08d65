"""One file for a fitted estimator: tensors and a JSON document in a `.safetensors` file.

Nothing is pickled, and nothing in the file can run code.
"""

from __future__ import annotations

from ostinato.storage.archive import FORMAT_VERSION as FORMAT_VERSION
from ostinato.storage.archive import Archive as Archive
from ostinato.storage.archive import Header as Header
from ostinato.storage.archive import load as load
from ostinato.storage.archive import read_document as read_document
from ostinato.storage.archive import read_header as read_header
from ostinato.storage.archive import save as save
from ostinato.storage.atomic import write_atomically as write_atomically

__all__ = [
    "FORMAT_VERSION",
    "Archive",
    "Header",
    "load",
    "read_document",
    "read_header",
    "save",
    "write_atomically",
]
