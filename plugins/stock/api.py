"""What other plugins ask of stock and tell it; all of it names products, places and lots by id."""

from plugins.stock.movements import Kept, Movement, Source, Step
from plugins.stock.movements import products as how_kept
from plugins.stock.picking import Pick, lots_at, pick
from plugins.stock.places import home, home_and, place, place_beside
from plugins.stock.posting import Posted, post, post_many
from plugins.stock.reading import (
    Cost,
    Held,
    as_of,
    available,
    cost_of,
    expected,
    followed,
    incoming,
    levels,
    lots_of,
    on_hand,
)
from plugins.stock.reordering import Proposal, proposals
from plugins.stock.reserving import Wish, consume, expect, release, reservations_of, reserve
from plugins.stock.revaluing import Charge, charge, revalue
from plugins.stock.reversing import reverse
from plugins.stock.scanning import Found, check_lot, code_of, known_by
from plugins.stock.shortages import tell_low
from plugins.stock.worth import worth_of

__all__ = [
    "Charge",
    "Cost",
    "Found",
    "Held",
    "Kept",
    "Movement",
    "Pick",
    "Posted",
    "Proposal",
    "Source",
    "Step",
    "Wish",
    "as_of",
    "available",
    "charge",
    "check_lot",
    "code_of",
    "consume",
    "cost_of",
    "expect",
    "expected",
    "followed",
    "home",
    "home_and",
    "how_kept",
    "incoming",
    "known_by",
    "levels",
    "lots_at",
    "lots_of",
    "on_hand",
    "pick",
    "place",
    "place_beside",
    "post",
    "post_many",
    "proposals",
    "release",
    "reservations_of",
    "reserve",
    "revalue",
    "reverse",
    "tell_low",
    "worth_of",
]
