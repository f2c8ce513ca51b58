"""Folders of captchas: where captchas come from, the store that keeps them, and what leaves it.

::

    generate    generated captchas, numbered, into a folder
    importing   images from outside into a store; sources: a folder, an archive or a table
    store       images with their labels and provenance, none ever lost
    split       a folder into train, validation and test
    export      a folder into one zip
"""
