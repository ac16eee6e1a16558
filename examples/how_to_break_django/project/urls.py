"""Every hazard twice: with annotations, and as most views are written."""

from django.urls import include, path

urlpatterns = [
    path("annotated/", include("hazards.urls")),
    path("unannotated/", include("hazards.unannotated.urls")),
]
