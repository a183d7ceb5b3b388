"""Typed readers of the environment, and the data folder. A value that cannot be read stops the start."""

import os

from django.core.exceptions import ImproperlyConfigured

from projector_site.services.data_folder import DataFolder, default_data_folder

DATA_FOLDER = DataFolder(default_data_folder())  # PROJECTOR_DATA


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    if value.lower() in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return value.lower() in {"1", "true", "yes", "on"} if value else default
    raise ImproperlyConfigured(f"{name}={value!r} must be one of true, false, 1, 0, yes, no, on, off")


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number") from error


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]
