"""What routes ask for: the right to ask, and the images of a request."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from digitsolver.io.formats import BrokenError, read_header
from digitsolver.io.images import MAX_PIXELS
from digitsolver.results import Failure, NamedImage
from digitsolver.serve.service import Service, service_of

FIELDS = 10
"""Parts of a form without a file name: they are refused with a message of their own."""
MULTIPART = "multipart/form-data"
IMAGE_BODY = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        MULTIPART: {
            "schema": {
                "type": "object",
                "properties": {
                    "image": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                    }
                },
                "required": ["image"],
            }
        },
    },
}
"""How OpenAPI describes the body of a route that takes ``Images`` or ``OneImage``."""

SourceImage = bytes | NamedImage | Failure


class Key(HTTPBearer):
    """Refuse a request without the key of the service, where it has one."""

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Compare the key that was sent, in a time that tells nothing of it."""
        key = service_of(request).settings.api_key
        sent = await super().__call__(request)
        given = sent.credentials if sent else ""
        if key and not hmac.compare_digest(given.encode(), key.encode()):
            raise HTTPException(
                401,
                "expected the key of this service as Authorization: Bearer KEY",
                {"WWW-Authenticate": "Bearer"},
            )


KEY = Security(Key(auto_error=False, scheme_name="Key", description="Where the service has a key."))
"""For the ``dependencies`` of a router whose routes need the key."""


async def receive_images(request: Request) -> AsyncIterator[list[SourceImage]]:
    """Give the images of a request, one as its body or several as a form, within the limits."""
    service = service_of(request)
    try:
        if is_form(request):
            images = await _parts(request, service)
        else:
            images = [b"".join([chunk async for chunk in service.receive(request)])]
        yield _within(images, service.settings.max_pixels)
    finally:
        service.release(request)


async def receive_one_image(
    images: Annotated[list[SourceImage], Depends(receive_images)],
) -> bytes:
    """Give the only image of a request, encoded."""
    if len(images) != 1:
        raise HTTPException(422, f"expected one image, found {len(images)}")
    (image,) = images
    if isinstance(image, Failure):
        raise HTTPException(422, image.reason)
    return image.data if isinstance(image, NamedImage) else image


Images = Annotated[list[SourceImage], Depends(receive_images)]
"""All images of a request, as a parameter of a route."""
OneImage = Annotated[bytes, Depends(receive_one_image)]
"""The only image of a request, as a parameter of a route."""


def is_form(request: Request) -> bool:
    """Tell whether a request sends its images as the files of a form."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == MULTIPART


async def _parts(request: Request, service: Service) -> list[SourceImage]:
    """Return the files of a form, which never touch the disk."""
    most = service.settings.max_images
    parser = MultiPartParser(
        request.headers, service.receive(request), max_files=most, max_fields=FIELDS
    )
    parser.spool_max_size = service.settings.max_bytes + 1
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(
            400, f"expected a form of at most {most} images: {error.message}"
        ) from None
    try:
        images: list[SourceImage] = [await _file(*part) for part in form.multi_items()]
    finally:
        await form.close()
    if not images:
        raise HTTPException(422, "expected images, found an empty form")
    return images


async def _file(name: str, value: UploadFile | str) -> NamedImage:
    """Return a part of a form as an image."""
    if not isinstance(value, UploadFile):
        raise HTTPException(
            422,
            f"expected images, parts with a file name, found the field {name[:50]!r}: options "
            "go into the address",
        )
    return NamedImage(value.filename or "", await value.read())


def _within(images: list[SourceImage], most: int) -> list[SourceImage]:
    """Return the images; those that go beyond the pixels of a request as failures."""
    found: list[SourceImage] = []
    pixels = 0
    for image in images:
        size = _pixels(image)
        pixels += size
        path = image.path if isinstance(image, NamedImage) else None
        reason = f"expected at most {most:,} pixels in one request, found {pixels:,} up to here"
        found.append(image if pixels <= most or not size else Failure(path, reason))
    return found


def _pixels(image: SourceImage) -> int:
    """Return the pixels that an image promises; none where it is not decoded anyway."""
    if isinstance(image, Failure):
        return 0
    try:
        header = read_header(image.data if isinstance(image, NamedImage) else image)
    except BrokenError:
        return 0
    pixels = header.width * header.height if header else 0
    return pixels if pixels <= MAX_PIXELS else 0
