"""The visible rules of a shop's history: what a file is dirty with, what becomes of it, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from erp import _l

LEAVE_OUT = "leave_out"
_OUT = {LEAVE_OUT: _l("Leave out")}


@dataclass(frozen=True)
class Rule:
    """One kind of dirt; a rule without choices is only counted and told."""

    name: str
    title: str
    text: str
    choices: Mapping[str, str] = field(default_factory=dict)
    """{choice: what people call it}; the first one counts unless another is chosen."""

    @property
    def usual(self) -> str:
        """The choice that counts where none was made."""
        return next(iter(self.choices), "")


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("unreadable", _l("Cannot be read"),
             _l("Number, code, quantity, price or date is missing or wrong. All lines of its number stay out.")),
        Rule("cancellation", _l("Cancelled"),
             _l("The number begins with the letter of cancellations: it is a refund of what was sold before."),
             {"refund": _l("A refund"), **_OUT}),
        Rule("unmatched", _l("Cancelled, sale unknown"),
             _l("No sale of this product to this customer with so many left stands before it.")),
        Rule("adjustment", _l("Adjustment of the books"),
             _l("The number begins with the letter of adjustments: no goods were sold."),
             {**_OUT, "take": _l("A sale, or a refund below zero, without stock")}),
        Rule("negative", _l("Less than nothing at a price"),
             _l("A quantity below zero, with a price, in a number that is no cancellation."),
             {"refund": _l("A refund under the same number"), **_OUT}),
        Rule("lost", _l("Stock correction, less"),
             _l("A quantity below zero without a price: goods were broken, lost or counted; nobody bought them."),
             {"stock": _l("A stock move to lost and found"), **_OUT}),
        Rule("found", _l("Stock correction, more"),
             _l("No customer, and nothing under its number has a price: goods were found or counted."),
             {"stock": _l("A stock move from lost and found"), "sale": _l("A sale for nothing"), **_OUT}),
        Rule("free", _l("Given for nothing"),
             _l("A price of zero in a sale: a sample, a gift, a replacement."),
             {"keep": _l("A line at no price"), **_OUT}),
        Rule("service", _l("No goods"),
             _l("The code is one of those named as services (postage, fees, manual lines): it has no stock."),
             {"service": _l("A service"), "goods": _l("Goods like others"), **_OUT}),
        Rule("duplicate", _l("The same line twice"),
             _l("A line of a number repeats another one in every cell: sold twice, or typed twice."),
             {"keep": _l("Keep"), "drop": _l("Take it once")}),
        Rule("nameless", _l("No description"),
             _l("The line is called as its product is.")),
        Rule("renamed", _l("Another description"),
             _l("The most frequent description of a code names its product; the line keeps its own.")),
        Rule("suffix", _l("Small letters in a code"),
             _l("85123a and 85123A are the same product, written in capitals."),
             {"join": _l("The same product"), "apart": _l("Another product")}),
        Rule("walk_in", _l("No customer"),
             _l("Somebody nobody knows bought it."),
             {"walk_in": _l("A walk-in customer"), **_OUT}),
        Rule("abroad", _l("Customer of several countries"),
             _l("The customer's country is the most frequent one; the sale keeps its own.")),
        Rule("moments", _l("Several moments of one number"),
             _l("The earliest is the moment of all.")),
        Rule("rounded", _l("Rounded"),
             _l("Quantity times price has more decimal places than the currency: the line is rounded.")),
    )
}  # fmt: skip
"""Each rule by its name, in the order they are asked and shown."""


@dataclass(frozen=True)
class Setting:
    """Something the owner decides for the whole file."""

    name: str
    title: str
    text: str
    choices: Mapping[str, str]


SETTINGS: Mapping[str, Setting] = {
    each.name: each
    for each in (
        Setting("opening", _l("Opening stock"),
                _l("What lay on the shelf before the first line is not in the file."),
                {"needed": _l("As much as the history needs"), "none": _l("None: stock below nothing is marked")}),
        Setting("tax", _l("Tax"),
                _l("Prices of the file contain the tax of each day, or none was taken."),
                {"inside": _l("Inside the prices"), "none": _l("None")}),
    )
}  # fmt: skip
