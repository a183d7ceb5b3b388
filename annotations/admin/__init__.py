"""Django admin, one module per noun."""

from annotations.admin import runs

__all__ = ["runs"]
