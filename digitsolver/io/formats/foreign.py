"""Name the formats that are no images of ours, and say what to do with a file of each."""

from typing import Final

_SAVE = "save it as PNG"
_PAGES = "save its pages as PNG"
_FRAMES = "save its frames as PNG"
_UNPACK = "unpack it first"
_SIGNATURES: Final[tuple[tuple[int, bytes, str, str], ...]] = (
    (0, b"%PDF", "a PDF document", _PAGES),
    (0, b"%!PS", "a PostScript document", _PAGES),
    (0, b"8BPS", "a Photoshop (PSD) image", _SAVE),
    (0, b"\0\0\1\0", "a Windows icon (ICO)", _SAVE),
    (0, b"\0\0\2\0", "a Windows cursor (CUR)", _SAVE),
    (40, b" EMF", "a Windows metafile (EMF)", _SAVE),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile (WMF)", _SAVE),
    (0, b"\xff\x0a", "a JPEG XL image", _SAVE),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", _SAVE),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image", _SAVE),
    (0, b"\xffO\xffQ", "a JPEG 2000 image", _SAVE),
    (0, b"v/1\x01", "an OpenEXR image", _SAVE),
    (0, b"#?RADIANCE", "a Radiance HDR image", _SAVE),
    (0, b"II+\0", "a BigTIFF image", "save it as TIFF or PNG"),
    (0, b"MM\0+", "a BigTIFF image", "save it as TIFF or PNG"),
    (0, b"gimp xcf", "a GIMP (XCF) image", _SAVE),
    (0, b"DDS ", "a DirectDraw (DDS) image", _SAVE),
    *((0, b"P%d" % kind, "a PNM image", _SAVE) for kind in range(1, 8)),
    (0, b"PK\3\4", "a ZIP archive", "name it with the suffix .zip, or unpack it first"),
    (0, b"PK\5\6", "an empty ZIP archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"\x1f\x8b", "a gzip file", _UNPACK),
    (0, b"BZh", "a bzip2 file", _UNPACK),
    (0, b"\xfd7zXZ\0", "an xz file", _UNPACK),
    (257, b"ustar", "a tar archive", "name it with the suffix .tar, or unpack it first"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", _FRAMES),
    (0, b"\0\0\1\xba", "an MPEG video", _FRAMES),
    (0, b"OggS", "an Ogg file", _FRAMES),
    (8, b"AVI ", "an AVI video", _FRAMES),
    (8, b"WAVE", "a sound (WAVE)", "name an image"),
)
"""Offset and bytes that tell a format, its name, and what to do."""
_AVIF: Final = frozenset((b"avif", b"avis"))
_HEIC: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"))
"""The brands of ISO media files; others are videos."""
_TEXTS: Final = (
    (b"<svg", "an SVG drawing", _SAVE),
    (b"<!doctype html", "an HTML page", "save the image itself, not the page that shows it"),
    (b"<html", "an HTML page", "save the image itself, not the page that shows it"),
    (b"data:", "a data URL", "decode it to bytes first"),
    (b"ivborw0kgg", "an image in base64", "decode it to bytes first"),
    (b"/9j/", "an image in base64", "decode it to bytes first"),
    (b"r0lgod", "an image in base64", "decode it to bytes first"),
    (b"uklgr", "an image in base64", "decode it to bytes first"),
    (b"<?xml", "an XML document", "name an image"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file with: git lfs pull"),
)
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def describe(data: bytes) -> str | None:
    """Return what a file is that is no image of ours, and what to do; None for what is unknown.

    >>> describe(b"%PDF-1.7 ...")
    'a PDF document: save its pages as PNG'
    """
    for offset, signature, name, advice in _SIGNATURES:
        if data.startswith(signature, offset):
            return f"{name}: {advice}"
    if data[4:8] == b"ftyp":
        return _media({data[8:12], *(data[at : at + 4] for at in range(16, 64, 4))})
    return _text(data[:1024])


def _media(brands: set[bytes]) -> str:
    """Return which ISO media file has these brands."""
    if brands & _AVIF:
        return f"an AVIF image: {_SAVE} or JPEG"
    if brands & _HEIC:
        return f"a HEIC image: {_SAVE} or JPEG"
    return f"a video (MP4 or MOV): {_FRAMES}"


def _text(start: bytes) -> str | None:
    """Return which text begins so, None for what is no text."""
    plain = start
    for mark in _MARKS:
        plain = plain.removeprefix(mark)
    plain = plain.replace(b"\0", b"") if plain != start else plain
    plain = plain.lstrip().lower()
    for signature, name, advice in _TEXTS:
        if plain.startswith(signature):
            if name == "an XML document" and b"<svg" in plain:
                return f"an SVG drawing: {_SAVE}"
            return f"{name}: {advice}"
    if plain and all(byte >= 32 or byte in b"\t\n\r\f" for byte in plain):
        return "text: name an image"
    return None
