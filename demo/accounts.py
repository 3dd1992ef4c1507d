"""A customer's account: cash, shares and fund holdings, to the fen.

Belongs here: what a deposit, an order and a market day do to an account, fees included.
Does not belong here: when a customer decides to do anything.
"""

from dataclasses import dataclass, field
from random import Random

from demo.market import BY_SECTOR, SECURITIES, SECURITY, Market

LOT = 100
COMMISSION_PER_MILLION = 250
COMMISSION_MINIMUM_FEN = 500
STAMP_DUTY_PER_MILLION = 500
FUND_GROWTH_PER_MILLION = 65
"""What money-market holdings earn on a trading day."""


@dataclass(frozen=True)
class Trade:
    """One execution: price in thousandths of a yuan, money in fen, moment in milliseconds after midnight."""

    number: int
    at_ms: int
    code: str
    side: str
    price: int
    quantity: int
    amount: int
    commission: int
    stamp_duty: int
    terminal: str


@dataclass(frozen=True)
class Flow:
    """Cash in or out; `amount` in fen, always positive."""

    number: int
    at_ms: int
    kind: str
    amount: int

    @property
    def signed(self) -> int:
        """The change of the account, in fen."""
        return -self.amount if self.kind == "bank_out" else self.amount


@dataclass(frozen=True)
class Valuation:
    """An account at the close of a trading day, in fen: total(t) - total(t-1) = net_flow + profit."""

    cash: int
    shares: int
    funds: int
    net_flow: int
    profit: int

    @property
    def total(self) -> int:
        """Everything the customer has with the broker."""
        return self.cash + self.shares + self.funds


@dataclass
class Account:
    """Holdings as they change; money in fen, shares in pieces."""

    cash: int = 0
    funds: int = 0
    shares: dict[str, int] = field(default_factory=dict)
    total_before: int = 0
    net_flow: int = 0

    def market_value(self, market: Market) -> int:
        """Return what the shares are worth at the latest close, in fen."""
        # Lots of a hundred make a thousandth of a yuan times a quantity a whole number of fen.
        return sum(market.close[code] * quantity for code, quantity in self.shares.items()) // 10

    def first_value(self) -> int:
        """Return what the shares were worth on the evening before the first day, in fen."""
        return sum(SECURITY[code].first_price * quantity for code, quantity in self.shares.items()) // 10

    def move_cash(self, flow: Flow) -> None:
        """Book a deposit, withdrawal or dividend."""
        self.cash += flow.signed
        self.net_flow += flow.signed

    def move_to_funds(self, amount: int) -> None:
        """Put `amount` fen of cash into fund holdings (or take it back when negative)."""
        self.cash -= amount
        self.funds += amount

    def book(self, trade: Trade) -> None:
        """Book an execution with its fees."""
        if trade.side == "B":
            self.cash -= trade.amount
            self.shares[trade.code] = self.shares.get(trade.code, 0) + trade.quantity
        else:
            self.cash += trade.amount
            self.shares[trade.code] -= trade.quantity
            if self.shares[trade.code] == 0:
                del self.shares[trade.code]
        self.cash -= trade.commission + trade.stamp_duty

    def close_day(self, market: Market, *, is_trading_day: bool) -> Valuation:
        """Value the account at the close; what flows do not explain is profit or loss, fees included."""
        if is_trading_day:
            self.funds += self.funds * FUND_GROWTH_PER_MILLION // 1_000_000
        shares, flow = self.market_value(market), self.net_flow
        total = self.cash + self.funds + shares
        valuation = Valuation(self.cash, shares, self.funds, flow, total - self.total_before - flow)
        self.total_before, self.net_flow = total, 0
        return valuation


def stock_up(stream: Random, account: Account, *, budget: int, tastes: tuple[str, ...]) -> None:
    """Fill an account that existed before the first day with shares for about `budget` fen, free of cash."""
    for _ in range(stream.randrange(1, 5)):
        code = choose_security(stream, tastes)
        lots = budget // 4 // (SECURITY[code].first_price * LOT // 10)
        if lots:
            account.shares[code] = account.shares.get(code, 0) + lots * LOT


def choose_security(stream: Random, tastes: tuple[str, ...]) -> str:
    """Draw a security, four times in five from the sectors the person likes."""
    if stream.random() < 0.8:
        return stream.choice(BY_SECTOR[stream.choice(tastes)])
    return stream.choice(SECURITIES).code


def place_order(
    stream: Random,
    account: Account,
    *,
    held: dict[str, int],
    number: int,
    at_ms: int,
    terminal: str,
    tastes: tuple[str, ...],
    market: Market,
) -> Trade | None:
    """Return an execution the account can pay for, or None; only shares `held` since yesterday are sold."""
    progress = stream.random()
    if held and stream.random() < 0.42:
        side, code = "S", stream.choice(sorted(held))
        half = held[code] // (2 * LOT) * LOT
        quantity = half if half and stream.random() < 0.5 else held[code]
        held[code] -= quantity
        if held[code] == 0:
            del held[code]
    else:
        side, code = "B", choose_security(stream, tastes)
        lot_cost = market.price_within(code, progress) * LOT // 10
        budget = int(account.cash * stream.uniform(0.1, 0.5))
        quantity = min(50_000, budget // lot_cost * LOT)
    price = market.price_within(code, progress)
    trade = _execution(side, code, quantity, price=price, number=number, at_ms=at_ms, terminal=terminal)
    if quantity == 0 or (side == "B" and trade.amount + trade.commission > account.cash):
        return None
    return trade


def sell_out(
    account: Account, code: str, *, number: int, at_ms: int, terminal: str, market: Market, progress: float
) -> Trade:
    """Return the execution by which all shares of a security are sold."""
    price = market.price_within(code, progress)
    return _execution(
        "S", code, account.shares[code], price=price, number=number, at_ms=at_ms, terminal=terminal
    )


def _execution(
    side: str, code: str, quantity: int, *, price: int, number: int, at_ms: int, terminal: str
) -> Trade:
    amount = price * quantity // 10
    commission = max(COMMISSION_MINIMUM_FEN, amount * COMMISSION_PER_MILLION // 1_000_000)
    taxed = side == "S" and SECURITY[code].kind == "stock"
    stamp_duty = amount * STAMP_DUTY_PER_MILLION // 1_000_000 if taxed else 0
    return Trade(number, at_ms, code, side, price, quantity, amount, commission, stamp_duty, terminal)
