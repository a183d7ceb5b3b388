"""Uploads, limited while they arrive: a file over the limit is dropped, not collected and then refused."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class LimitedUpload(FileUploadHandler):
    """The first of the upload handlers. A file that is too large is missing from request.FILES, and its
    name is in the handler's `too_large`."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.too_large: list[str] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_UPLOAD_BYTES:
            self.too_large.append(str(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers that follow."""


def files_too_large(request: HttpRequest) -> list[str]:
    """Names of the uploads that were dropped. Reading request.POST makes sure that they have arrived."""
    handlers = request.upload_handlers if request.POST is not None else []
    return [name for handler in handlers if isinstance(handler, LimitedUpload) for name in handler.too_large]
