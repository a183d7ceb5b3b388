"""Static files under names that hold a hash of their content, in scripts that import each other too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """A script imports the version that it was deployed with, however long a browser keeps the others."""

    support_js_module_import_aggregation = True
    # A name holds the names of what is imported, so a chain of imports takes a pass for each of its links.
    max_post_process_passes = 20
    # Only our own scripts: those of packages name modules in comments that are not there.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        *CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1:],
    )
