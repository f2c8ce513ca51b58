"""What can go wrong with an image, a folder, a style or a bundle.

::

    DigitSolverError
    ├── ImageError          an image cannot be read, or is beyond the limits
    ├── LabelError          a label is missing or does not fit
    ├── SegmentationError   the digits of an image cannot be told apart
    ├── StyleError          a style is unknown, or its file is wrong
    ├── FolderError         a folder is not what a command needs
    ├── BundleError         a model folder is incomplete or was changed
    ├── ClusterError        the machines that shall help do not answer
    └── MissingExtraError   an optional dependency is not installed

Wrong arguments raise ``ValueError`` or ``TypeError`` as usual.
"""


class DigitSolverError(Exception):
    """Say what is wrong with what the user gave, in one line."""


class ImageError(DigitSolverError):
    """Say why an image cannot be read."""


class LabelError(DigitSolverError):
    """Say why a label is missing or does not fit."""


class SegmentationError(DigitSolverError):
    """Say why the digits of an image cannot be told apart."""


class StyleError(DigitSolverError):
    """Say which style is unknown, or what its file gets wrong."""


class FolderError(DigitSolverError):
    """Say what a folder lacks."""


class BundleError(DigitSolverError):
    """Say what is missing or changed in a model folder."""


class ClusterError(DigitSolverError):
    """Say why the machines of a cluster do not help."""


class MissingExtraError(DigitSolverError):
    """Say which optional dependency to install."""
