"""Where samples come from: generators of items, and of problems with what is none.

To add a source, write one generator of items and name it in SOURCES.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from collector.sources.archives import from_tar, from_zip
from collector.sources.folders import from_folder, from_table
from collector.sources.items import Item
from digitsolver.datasets import Problem
from digitsolver.errors import FolderError

__all__ = ["SOURCES", "Item", "from_folder", "from_table", "from_tar", "from_zip", "open_source"]

SOURCES = {"folder": from_folder, "zip": from_zip, "tar": from_tar, "table": from_table}
TABLES = frozenset({".csv", ".tsv"})


def open_source(path: Path) -> Iterator[Item | Problem]:
    """Choose the source that fits a path; the content tells a zip or a tar, whatever its name.

    Raises ``FolderError`` where nothing is there.
    """
    if path.is_dir():
        return SOURCES["folder"](path)
    if path.suffix.lower() in TABLES:
        return SOURCES["table"](path)
    try:
        kind = "zip" if zipfile.is_zipfile(path) else "tar"
    except OSError as error:
        raise FolderError(f"cannot be read: {error.strerror}", path) from None
    return SOURCES[kind](path)
