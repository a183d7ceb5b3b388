"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from annotations.views import invitations, sign_in
from projector_site.operations import health
from projector_site.operations.metrics import metrics

urlpatterns = [
    path("health/live/", health.live, name="health_live"),
    path("health/ready/", health.ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
    path("language/", set_language, name="set_language"),
    path("sign-in/", sign_in.LOGIN, name="login"),
    path("sign-in/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", sign_in.password, name="password"),
    path("password/forgotten/", sign_in.password_reset, name="password_reset"),
    path("password/forgotten/sent/", auth_views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/new/<uidb64>/<token>/",
        auth_views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("password/new/", auth_views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("join/<str:token>/", invitations.join, name="join"),
    path("admin/login/", sign_in.admin_sign_in),
    path("admin/", admin.site.urls),
    *([path("sso/", include("allauth.urls"))] if settings.OIDC_ENABLED else []),
    path("", include("annotations.urls")),
]

handler500 = "projector_site.operations.trouble.server_error"
