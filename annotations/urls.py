"""Addresses of the annotation pages."""

from django.urls import path

app_name = "annotations"

urlpatterns: list = []
