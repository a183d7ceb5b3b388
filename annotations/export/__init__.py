"""Reviewed pairs to files: queryset -> plain records -> writers, parsed back before they are offered."""
