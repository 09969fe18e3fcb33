"""The stories of the storm: together they hold every kind of element the engine runs."""

from __future__ import annotations

from decimal import Decimal

from tests.chaos.kinds import LONG, SOON, WARRANTY, Deed, Kind, Told, When

LINES = 'lines = [{"amount": 300}, {"amount": 250}]'
YES, NO = {"is_good": True}, {"is_good": False}


def after(count: int, kind: str, element: str) -> When:
    """It is time once something has happened so often."""

    def is_time(told: Told) -> bool:
        return told[kind, element] >= count

    return is_time


SOON_DUE = {f">{LONG}<": f">{SOON}<"}
"""The one timer of a diagram that interrupts or is waited for is due in a second."""
APPROVING = {"check": Deed({"is_checked": True}), "approve": Deed({"is_approved": True})}
TWICE = Deed({"is_done": False}, last={"is_done": True}, from_visit=2)

STORIES = (
    Kind("asked again and again", "asking", {"ask": TWICE}, "n = 0"),
    Kind("approved", "approval", APPROVING, LINES),
    Kind("approval forgotten", "approval", {"check": Deed({"is_checked": True})}, LINES, SOON_DUE),
    Kind("a loop of tasks", "asking_on", {"ask": TWICE}, "is_done = False"),
    Kind("a loop of scripts", "counting", {}, "n = 0\nlimit = 20"),
    Kind("a script in a loop", "counting_on", {}, "n = 0\nlimit = 9"),
    Kind("all asked at once", "at_once", {"ask": Deed({"answer": True})}, 'people = ["Ali", "Bea", "Cem"]'),
    Kind("not all answered in time", "at_once", {}, 'people = ["Ali", "Bea"]', SOON_DUE),
    Kind("asked in turn", "in_turn", {"ask": Deed({"answer": True})}, 'people = ["Ali", "Bea", "Cem"]'),
    Kind("until enough have voted", "quorum", {"vote": Deed({"is_for": True})}, "voters = 3"),
    Kind("scripts at once", "scripts_at_once", {}, "numbers = [3, 1, 2]"),
    Kind("scripts in turn", "scripts_in_turn", {}, "limit = 4\ntotal = 0"),
    Kind("a part for each line", "lines",
         {"measure": Deed({"size": Decimal(2)}), "weigh": Deed({"weight": Decimal(3)})}, 'lines = ["a", "b"]'),
    Kind("a called process for each parcel", "parcels", {}, "parcels = [5, 6]", calls=("parcel",)),
    Kind("a parcel nobody takes", "parcels", {}, "parcels = [5000]", calls=("parcel",)),
    Kind("delivered", "delivery", {}, "quantity = 3\nprice = 7",
         {f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{LONG}</bpmn:timeDuration></bpmn:timerEventDefinition>\n    </bpmn:intermediateCatchEvent>': f"<bpmn:timeDuration>{SOON}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"}),
    Kind("sold out", "delivery", {}, "quantity = 300\nprice = 7"),
    Kind("no carrier", "delivery", {}, "quantity = 3\nprice = 7000"),
    Kind("repaired and paid", "repair_order",
         {"inspect": Deed(), "approve_quote": Deed({"is_approved": True}, after(2, "timer_fired", "reminder"))},
         "parts = 900\nlabour = 200", {"R2/PT4H": "R2/PT1S"}, calls=("payment",)),
    Kind("repaired and not paid", "repair_order", {"inspect": Deed(), "approve_quote": Deed({"is_approved": True})},
         "parts = 900000\nlabour = 200", calls=("payment",)),
    Kind("called again and again", "orders", {"ask": Deed({"is_done": True})}, "n = 0\nordered = 0\nlimit = 3",
         calls=("asking",)),
    Kind("a part that works", "embedded", {"work": Deed({"worked": True})}),
    Kind("a part that fails", "embedded", {"work": Deed({"worked": False})}),
    Kind("a part that is too slow", "embedded", {}, changes=SOON_DUE),
    Kind("an error mended inside", "mending", {"fetch": Deed({"is_fetched": True})}, "price = 5000"),
    Kind("an error not mended", "mending", {"fetch": Deed({"is_fetched": False})}, "price = 5000"),
    Kind("booked and cleaned", "mending", {"clean": Deed(YES)}, "price = 5"),
    Kind("work spoiled and mended", "caught_inside", {"work": Deed(NO), "mend": Deed(YES), "tell": Deed(YES)}),
    Kind("reminded of", "reminding", {"work": Deed(YES, after(2, "completed", "look")), "look": Deed(YES)},
         changes={"R2/PT1H": "R2/PT1S"}),
    Kind("taken over", "reminding", {"tell": Deed(YES)}, changes={**SOON_DUE, "R2/PT1H": f"R2/{LONG}"}),
    Kind("one, two or three ways", "choosing", {"clean": Deed(YES), "polish": Deed(YES), "wrap": Deed(YES)},
         "is_dirty = True\nis_dull = True"),
    Kind("ways chosen again", "choosing_again", {"clean": Deed(YES), "polish": Deed(YES), "wrap": Deed(YES)},
         "is_dirty = True\nis_dull = True\nis_broken = False\nrounds = 2"),
    Kind("side by side", "side_by_side", {"pack": Deed(YES), "invoice": Deed(YES)},
         "round_no = 0\nrounds = 2\npacked = []"),
    Kind("a part stopped", "stopping", {"look": Deed(YES), "report": Deed(YES)}),
    Kind("all stopped", "stopping_all", {"look": Deed(YES)}),
    Kind("ticked off", "ticking", {"sweep": Deed()}),
    Kind("a whole end, an error never thrown", "failing", {"look": Deed({"is_whole": True})}),
    Kind("asked and agreed", "enquiry", {"get_price": Deed({"price": "12.50"}), "agree": Deed({"note": "gladly"})}),
    Kind("nobody named a price", "enquiry", {}, changes=SOON_DUE),
    Kind("money came first", "first_come", {"money_came": Deed({"amount": "12"})}),
    Kind("the bank came first", "first_come", {"hear": Deed()}),
    Kind("time came first", "first_come", {}, changes=SOON_DUE),
    Kind("called off", "first_come", {"called_off": Deed()}, signals=frozenset({"called_off"})),
    Kind("noted twice", "watched",
         {"noted": Deed({"note": "x"}, lambda told: told["received", "noted"] < 2),
          "work": Deed({"is_done": True}, after(2, "completed", "counted"))}, "notes = 0"),
    Kind("broken off", "watched", {"stopped": Deed()}, "notes = 0", signals=frozenset({"stopped"})),
    Kind("announced and over", "announcing", {"hear": Deed({"until": "Sunday"})}, 'until = "Friday"',
         signals=frozenset({"hear"})),
    Kind("in office hours", "in_office_hours", {"answer": Deed(YES, after(3, "timer_fired", "remind"))},
         changes={"R3/PT4H": "R3/PT1S", ">P2DT1H<": f">{SOON}<"}),
    Kind("ruled by a table", "deciding", {}, 'fault = "dropped"', decisions={"warranty": WARRANTY}),
    Kind("begun by a message", "begun_from_outside", {"work": Deed(YES)}, starts_at="by_message",
         changes={'name="field.number" value="reference"':
                  'name="field.item" value="reference" /><spiffworkflow:property name="field.fault" value="\'as told\'" />'
                  '<spiffworkflow:property name="field.customer" value="who" />'
                  '<spiffworkflow:property name="payload.who" value="int"'}),
)  # fmt: skip
SOME = ("delivered", "a called process for each parcel", "asked and agreed", "called off", "repaired and paid",
        "noted twice", "begun by a message")  # fmt: skip
"""Those of the short storm."""


def some() -> list[Kind]:
    """The stories of the short storm."""
    found = [kind for kind in STORIES if kind.name in SOME]
    assert len(found) == len(SOME)
    return found
