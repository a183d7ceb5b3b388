"""Django admin, one module per noun."""

from annotations.admin import audit, people, projects, runs

__all__ = ["audit", "people", "projects", "runs"]
