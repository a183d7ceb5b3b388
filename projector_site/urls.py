"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from annotations.views import sign_in

urlpatterns = [
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-in/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", sign_in.password, name="password"),
    path("admin/login/", sign_in.admin_sign_in),
    path("admin/", admin.site.urls),
    path("", include("annotations.urls")),
]
