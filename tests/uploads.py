"""Files posted to the import pages as a browser does, and what their pages say."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from django.urls import reverse

from annotations.models import ImportBatch, Project


def post_files(client: Client, project: Project, *, expect: int = 302, **fields: object) -> ImportBatch | str:
    """The import that comes of some files, or the page that refuses them."""
    defaults = {"format": "auto", "source_kind": "auto", "target_kind": "auto", "token_column": 1}
    defaults |= {"source_scheme": "auto", "target_scheme": "auto", "tag_column": -1, "target_language": "es"}
    files = {
        side: SimpleUploadedFile(f"{side}.txt", content)
        for side, content in fields.items()
        if isinstance(content, bytes)
    }
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = client.post(reverse("annotations:imports", args=[project.pk]), defaults | fields | files)
    assert response.status_code == expect, response.content.decode()
    return ImportBatch.objects.get() if expect == 302 else response.content.decode()


def page(client: Client, batch: ImportBatch, **headers: str) -> str:
    return client.get(reverse("annotations:import", args=[batch.pk]), **headers).content.decode()


def act(client: Client, batch: ImportBatch, name: str, **data: object) -> ImportBatch:
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(reverse(f"annotations:import_{name}", args=[batch.pk]), data)
    batch.refresh_from_db()
    return batch
