# mypy: enable-error-code="async-race-self"
"""A counter on an object that all requests share, read before an await and written after it.

It is the lost update once more: an attribute of `self` is as shared as the object is.
"""

from django.http import HttpRequest, HttpResponse

from library.models import Loan


class Statistics:
    def __init__(self) -> None:
        self.lent = 0

    async def count(self) -> None:
        self.lent = self.lent + await Loan.objects.acount()

    async def count_at_once(self) -> None:
        lent = await Loan.objects.acount()
        self.lent = self.lent + lent


statistics = {"loans": Statistics()}


async def count_loans(request: HttpRequest) -> HttpResponse:
    await statistics["loans"].count()
    return HttpResponse("Counted")


async def count_loans_at_once(request: HttpRequest) -> HttpResponse:
    await statistics["loans"].count_at_once()
    return HttpResponse("Counted")
