"""Name the folder of each character in a digits folder, so that every file system keeps it.

==================  ===========  =======================================================
character           folder
==================  ===========  =======================================================
``0`` to ``9``      ``7``        itself
``a`` to ``z``      ``a``        itself
``A`` to ``Z``      ``upper_a``  a folder ``A`` would be ``a`` where case does not count
any other           ``u+002f``   its code point: ``/`` and ``.`` are no names, and an ``é``
                                 comes back from some file systems as two characters
==================  ===========  =======================================================
"""

import re
import sys
from string import ascii_lowercase, ascii_uppercase, digits

PLAIN = frozenset(digits + ascii_lowercase)
UPPER = "upper_"
POINT = "u+"
NAMED = re.compile(rf"{UPPER}([a-z])|{re.escape(POINT)}([0-9a-f]{{4,6}})")


def folder_of(character: str) -> str:
    """Return the name of the folder of a character, on any file system.

    Parameters
    ----------
    character
        One character.

    Raises
    ------
    ValueError
        `character` is not one character.

    Examples
    --------
    >>> folder_of("7"), folder_of("a"), folder_of("A"), folder_of("/")
    ('7', 'a', 'upper_a', 'u+002f')
    """
    if len(character) != 1:
        raise ValueError(f"expected one character as label, found {character!r}")
    if character in PLAIN:
        return character
    if character in ascii_uppercase:
        return UPPER + character.lower()
    return f"{POINT}{ord(character):04x}"


def character_of(folder: str) -> str | None:
    """Return the character whose folder has a name.

    A folder made by hand may also be named after its character, whatever that is.

    Parameters
    ----------
    folder
        The name of a folder.

    Returns
    -------
    str or None
        ``None`` for a name that stands for no character.

    Examples
    --------
    >>> character_of("upper_a"), character_of("U+002F"), character_of("B"), character_of("10")
    ('A', '/', 'B', None)
    """
    if len(folder) == 1:
        return folder
    name = folder.lower()
    found = NAMED.fullmatch(name)
    if found is None:
        return None
    letter, point = found.groups()
    if letter:
        return str(letter.upper())
    number = int(point, 16)
    character = chr(number) if number <= sys.maxunicode else ""
    return character if character and folder_of(character) == name else None
