"""The counter's page: what its script says, the keys it knows, and where a browser becomes a till."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template

from erp import N_, _
from erp.screens import Answer
from plugins.sales.models import REASONS

WORDS = (
    N_("There is no answer. Look at the network, then try again."),
    N_("No answer yet. It is sent again by itself, and counts once. Do not type it anew."),
    N_("The cash you put in or took out before is booked. Do not type it anew."),
    N_("One moment …"),
    N_("{price} each"),
    N_("{discount} off"),
    N_("allowed by {name}"),
    N_("One less"),
    N_("One more"),
    N_("Remove line"),
    N_("Walk-in customer"),
    N_("Choose or add who buys"),
    N_("{count} items"),
    N_("{count} items, {taxes}"),
    N_("Discount"),
    N_("Rounding"),
    N_("Split"),
    N_("All"),
    N_("Favourites"),
    N_("{count} left"),
    N_("Left to pay"),
    N_("To pay"),
    N_("Take back {name}"),
    N_("Handed over"),
    N_("Amount"),
    N_("Take payment"),
    N_("Take {amount}, {left} left"),
    N_("Change {amount}"),
    N_("This is no number."),
    N_("This must be more than 0."),
    N_("Only of cash more may be handed over than is left."),
    N_("Change"),
    N_("Give back"),
    N_("Sales"),
    N_("Taken back"),
    N_("Total"),
    N_("Tax"),
    N_("Float"),
    N_("Cash in"),
    N_("Cash out"),
    N_("Cash that should be there"),
    N_("Counted"),
    N_("Difference"),
    N_("Take {amount} out of the drawer"),
    N_("Nobody is called so. Add them below."),
    N_("Without a name"),
    N_("Scan the receipt or type its number."),
    N_("Take back"),
    N_("Find"),
    N_("{left} of {quantity}, {price} each"),
    N_("Say how many come back."),
    N_("What comes back"),
    N_("Scan what comes back."),
    N_("A discount lies between 0 and 100 percent."),
    N_("{discount} off {name}"),
    N_("{name} for {price}"),
    N_("How many of {name}?"),
    N_("Percent off {name}?"),
    N_("Price of {name}?"),
    N_("{name} is sold in whole pieces."),
    N_("Nothing is called “{words}”, and it is no code of ours."),
    N_("Nothing was sold here yet."),
    N_("Each {name} has a number of its own: scan one after another."),
    N_("Nothing is left of {name} here."),
    N_("No number of {name} is known that could come back."),
    N_("best before {day}"),
    N_("was best before {day}"),
    N_("{name}, best before {day}"),
    N_("Which serial number?"),
    N_("{code} stands in the cart already."),
    N_("{code} is none of these."),
    N_("First say which one this is."),
    N_("No more of {name} can come back with this receipt."),
    N_("Receipt"),
    N_("{name}, since {time}"),
)
"""What the page's script says; it fills in what stands in braces."""

KEYS = (
    ("F2", N_("Scan or type")),
    ("3*", N_("So many of the line; before a code, so many of it")),
    ("10%", N_("So much off the line")),
    ("250=", N_("Another price for the line")),
    ("+ −", N_("One more, one less")),
    ("↑ ↓", N_("Another line; at payment, what is handed over")),
    ("Del", N_("Remove line")),
    ("F3", N_("Who buys")),
    ("F4", N_("Hold this cart")),
    ("F6", N_("Carts that wait")),
    ("F7", N_("Last receipt")),
    ("F8", N_("Take goods back")),
    ("F9", N_("Take payment; Enter takes it")),
    ("F10", N_("More: cash, X, close")),
    ("Alt+L", N_("Lock till")),
    ("Esc", N_("Close, or begin anew what is typed")),
    ("F1", N_("These keys")),
)
"""(key, what it does)"""


@dataclass(frozen=True)
class TillPage:
    """pos/till.html."""

    words: Mapping[str, str]
    keys: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class RegisterPage:
    """pos/register.html."""

    code: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def till() -> Answer:
    """The page in the reader's language; what is sold and who sells comes after it."""
    view = TillPage(
        words={each: _(each) for each in WORDS},
        keys=[(key, _(label)) for key, label in KEYS],
        reasons=[(value, str(label)) for value, label in REASONS.items()],
    )
    return render_template("pos/till.html", view=view)


def register(code: str = "", errors: Mapping[str, str] | None = None) -> Answer:
    """Where the code of a manager is typed; what was wrong with one stands beside it."""
    view = RegisterPage(code, errors or {})
    return render_template("pos/register.html", view=view), 422 if errors else 200
