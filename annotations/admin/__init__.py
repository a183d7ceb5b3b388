"""Django admin, one module per noun."""

from annotations.admin import people, projects, runs

__all__ = ["people", "projects", "runs"]
