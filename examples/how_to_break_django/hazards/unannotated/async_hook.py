"""A permission check made async, which Django calls and does not await.

The coroutine counts as true: everybody may come in.
"""

from asgiref.sync import async_to_sync
from django.contrib.auth.mixins import UserPassesTestMixin
from django.http import HttpResponse
from django.views import View

from library.models import Loan


async def has_lent(name):
    return await Loan.objects.filter(reader=name).aexists()


class ReadersOnly(UserPassesTestMixin, View):
    async def test_func(self):
        return await has_lent(self.request.GET["reader"])

    def get(self, request):
        return HttpResponse("Welcome")


class ReadersOnlyForSure(UserPassesTestMixin, View):
    def test_func(self):
        return async_to_sync(has_lent)(self.request.GET["reader"])

    def get(self, request):
        return HttpResponse("Welcome")
