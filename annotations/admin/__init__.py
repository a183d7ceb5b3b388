"""Django admin, one module per noun."""

from annotations.admin import audit, people, projects, rows, runs

__all__ = ["audit", "people", "projects", "rows", "runs"]
