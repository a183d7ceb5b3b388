"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from annotations.views import sign_in
from projector_site.operations import health
from projector_site.operations.metrics import metrics

urlpatterns = [
    path("health/live/", health.live, name="health_live"),
    path("health/ready/", health.ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-in/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", sign_in.password, name="password"),
    path("admin/login/", sign_in.admin_sign_in),
    path("admin/", admin.site.urls),
    path("", include("annotations.urls")),
]
