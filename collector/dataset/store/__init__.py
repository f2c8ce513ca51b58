"""A folder of samples that never loses one: images, labels, and where all of it came from.

::

    captchas/mine/
      1f0c5a99be01-4711.png    named after its content's hash, and the label it came with
      5d2c07ab31f4.png         one that came without a label
      metadata.csv             file_name,text: every label there is now
      samples.jsonl            provenance, one JSON object a line, only ever added to

``samples.jsonl`` is what counts; ``metadata.csv`` follows it. A change is written in an order that
leaves nothing half done whenever the process is killed:

1. new images go to hidden names and to the disk,
2. their lines go to ``samples.jsonl``, and to the disk,
3. the images get their names,
4. ``metadata.csv`` is replaced.

Who opens the store next, or sees the line, does what is left to do. All of it happens under a lock
that every process takes for each change (`journal`), after it has read what the others wrote.

Images that somebody puts into the folder by hand become samples when it is opened, with the
labels of their names; so do labels that somebody changes in ``metadata.csv``.
"""

from collector.dataset.store.journal import JOURNAL
from collector.dataset.store.new import Added, New, check_image
from collector.dataset.store.record import Change, Record, claimed_label, content_id
from collector.dataset.store.store import DryStore, Store, open_store, read_records

__all__ = [
    "JOURNAL",
    "Added",
    "Change",
    "DryStore",
    "New",
    "Record",
    "Store",
    "check_image",
    "claimed_label",
    "content_id",
    "open_store",
    "read_records",
]
