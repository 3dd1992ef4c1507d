"""Closing: what every account is worth at the end of a day.

Belongs here: the value of accounts, part by part. Does not belong here: what moved it (accounts.py, wealth.py,
borrowing.py).

Of what somebody owns less what they owe A(t) - A(t-1) = flows + profit holds exactly, fees and interest being a loss.
"""

from __future__ import annotations

from demo.borrowing import accrue
from demo.catalogue import FUND_PLACES, OTHER_PLACES, WEALTH_PLACES
from demo.crowd import Crowd, Lived, places
from demo.wealth import grow


def value_accounts(crowd: Crowd, lived: Lived, *, is_open: bool, day: int) -> None:
    """Value the accounts at the close of a day."""
    who = places(crowd.has_account)
    if is_open:
        grow(crowd, who, day=day)
    accrue(crowd, who)
    shares, cash, products = crowd.share_value(day, who), crowd.cash[who], crowd.products[who]
    total = cash + shares + products.sum(axis=1)
    debt, interest = crowd.margin_debt[who], crowd.margin_interest[who]
    net, flow = total - debt - interest, crowd.flow_today[who]
    lived.add(
        "valuations", person=who, cash=cash, shares=shares, funds=products[:, FUND_PLACES].sum(axis=1),
        wealth=products[:, WEALTH_PLACES].sum(axis=1), other=products[:, OTHER_PLACES].sum(axis=1), total=total,
        debt=debt, interest=interest, net=net, flow=flow, profit=net - crowd.net_before[who] - flow,
    )  # fmt: skip
    crowd.total_before[who], crowd.net_before[who] = total, net
