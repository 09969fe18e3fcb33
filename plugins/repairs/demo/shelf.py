"""What the demo company sells, and what its customers bring in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from erp import branches, create, transaction
from plugins.products.api import article_number, unit
from plugins.repairs.demo.drawings import pictures
from plugins.stock.api import Movement, Source, home, place, post

AT_FIRST = Decimal(40)
"""Of each part at each branch, more than a year takes."""
LABOUR = {
    "L-DIAG": ("Inspect and diagnose", 1500),
    "L-BENCH": ("Bench work", 3200),
    "L-FINE": ("Fine mechanics", 3800),
    "L-SOLDER": ("Soldering under the microscope", 4200),
    "L-CLEAN": ("Clean inside", 2200),
}
PARTS = {
    "CG2-4410": ("Lens mount ring", 6400),
    "CG2-6123": ("Shutter unit", 14800),
    "EF-FLEX7": ("Lens flex cable", 3900),
    "SNS-CLEAN": ("Sensor swab kit", 900),
    "IP-SCR13": ("Phone screen 6.1 inch", 11500),
    "IP-BAT13": ("Phone battery", 4200),
    "GX-PORT": ("Charging port board", 2800),
    "MB-KEY": ("Laptop keyboard", 9800),
    "MB-FAN": ("Laptop fan", 3600),
    "MB-BAT": ("Laptop battery", 12400),
    "SSD-1T": ("Solid state drive 1 TB", 10900),
    "PS-HDMI": ("HDMI socket", 1900),
    "PS-FAN": ("Console fan", 3100),
    "DR-ARM": ("Drone arm, front left", 7200),
    "DR-GIM": ("Gimbal ribbon cable", 4600),
    "WT-CROWN": ("Watch crown", 2400),
    "WT-GASKET": ("Gasket set", 1100),
    "WT-GLASS": ("Sapphire glass", 5400),
    "AM-CAP": ("Capacitor set", 1700),
    "AM-POT": ("Volume potentiometer", 1300),
    "PM-SENS": ("Pulse sensor", 8900),
    "PM-CABLE": ("Sensor cable", 2600),
    "TB-GLASS": ("Tablet glass", 6900),
    "SP-AMP": ("Amplifier board", 7800),
    "EB-TIP": ("Speaker membrane", 2100),
}
GOODS = {
    "G-STRAP": ("Camera strap", 1800),
    "G-CASE": ("Hard case, small", 5200),
    "G-SD128": ("Memory card 128 GB", 3400),
    "G-CABLE": ("Charging cable", 950),
    "G-CLOTH": ("Lens cloth", 350),
    "G-FILM": ("Screen protector", 1200),
    "G-POWER": ("Power bank 20,000 mAh", 4500),
    "G-TRIPOD": ("Table tripod", 2900),
}
CATEGORIES: Mapping[str, tuple[str, str]] = {
    "Labour": ("", ""),
    "Spare parts": ("", ""),
    "Cameras": ("Spare parts", "CG2 EF SNS"),
    "Phones and tablets": ("Spare parts", "IP GX TB"),
    "Computers": ("Spare parts", "MB SSD"),
    "Consoles and drones": ("Spare parts", "PS DR"),
    "Watches": ("Spare parts", "WT"),
    "Sound and medicine": ("Spare parts", "AM PM SP EB"),
    "Shop": ("", ""),
}
"""{category: (what it stands below, how the codes of its parts begin)}, the upper ones first."""
BRANDS: Mapping[str, tuple[str, str]] = {
    "Canon": ("https://canon.example", "CG2-4410 CG2-6123"),
    "Sony": ("https://sony.example", "EF-FLEX7 PS-HDMI PS-FAN"),
    "DJI": ("https://dji.example", "DR-ARM DR-GIM"),
    "Seiko": ("https://seiko.example", "WT-CROWN WT-GASKET"),
    "Kilima Gear": ("https://kilima-gear.example", "G-STRAP G-CASE G-TRIPOD G-CLOTH"),
    "Volta": ("https://volta.example", "G-CABLE G-POWER G-SD128 G-FILM"),
}
"""{brand: (website, the codes of what it makes)}."""
MADE_IN_KENYA = "616"
"""How the article numbers begin that are given in Kenya."""


@dataclass(frozen=True)
class Item:
    """Something that breaks, how, and what mends it."""

    name: str
    serial: str
    fault: str
    findings: str
    work: str
    labour: str
    hours: str
    parts: tuple[str, ...]
    accessories: str = ""


ITEMS = (
    Item("Canon EOS R6 Mark II", "0620210#####", "Dropped; error 20, lens wobbles", "Mount ring bent, shutter fine",
         "Mount ring replaced, flange distance aligned", "L-FINE", "3.5", ("CG2-4410",), "Battery, strap"),
    Item("Leica M3", "7#####", "Shutter slow, rangefinder blind", "Shutter curtains and prism worn",
         "Curtains replaced, prism silvered anew, adjusted", "L-FINE", "15", ("CG2-6123", "SNS-CLEAN"), "Leather case"),
    Item("Sony FE 24–70 GM lens", "18#####", "Autofocus hunts", "Flex cable worn through at the zoom ring",
         "Flex cable replaced, focus calibrated", "L-FINE", "2", ("EF-FLEX7", "SNS-CLEAN"), "Both caps"),
    Item("Fujifilm X-T4", "0DQ1####", "Shutter does not open", "Shutter motor seized",
         "Shutter unit replaced", "L-FINE", "2.5", ("CG2-6123",), "Battery"),
    Item("MacBook Air M2", "FVFH#####Q1", "Tea over the keyboard", "Keyboard shorted, logic board clean",
         "Keyboard replaced, liquid removed", "L-BENCH", "2.5", ("MB-KEY",), "Charger"),
    Item("Lenovo ThinkPad T14", "PF3#####", "Very loud, switches off", "Fan blocked and worn",
         "Fan replaced, heat sink cleaned", "L-BENCH", "1", ("MB-FAN",), "Charger"),
    Item("Dell XPS 13", "7GH#####", "Battery swollen", "Battery at 310 cycles, swollen",
         "Battery replaced, old one recycled", "L-BENCH", "1", ("MB-BAT",)),
    Item("iPhone 14", "3529######", "Screen cracked", "Glass and panel broken, frame straight",
         "Screen replaced, touch and camera tested", "L-BENCH", "0.75", ("IP-SCR13",), "Case"),
    Item("Samsung Galaxy S23", "3587######", "Does not charge", "Charging port corroded",
         "Charging port replaced", "L-SOLDER", "0.75", ("GX-PORT",)),
    Item("PlayStation 5", "E50#######", "No picture", "HDMI socket torn off the board",
         "HDMI socket replaced", "L-SOLDER", "1.25", ("PS-HDMI",), "One controller"),
    Item("DJI Mavic 3 Pro", "1581F67Q#####", "Crashed into a tree", "Front left arm broken, gimbal cable torn",
         "Arm and gimbal cable replaced, test flight made", "L-FINE", "3", ("DR-ARM", "DR-GIM"), "Two batteries, case"),
    Item("Seiko Presage", "SRPB41-####", "Stops at night", "Movement dry, gaskets hard",
         "Movement serviced, gaskets and crown replaced", "L-FINE", "2", ("WT-GASKET", "WT-CROWN")),
    Item("Omega Seamaster 300M", "821#####", "Glass chipped", "Glass chipped at 4 o'clock, case fine",
         "Sapphire glass replaced, tightness tested", "L-FINE", "1.5", ("WT-GLASS", "WT-GASKET"), "Box and papers"),
    Item("Garmin Fenix 7X", "6QK-######", "Battery lasts an hour", "Battery worn",
         "Battery replaced, tightness tested", "L-BENCH", "1", ("IP-BAT13", "WT-GASKET"), "Charging cable"),
    Item("Philips pulse monitor", "US4#######", "Shows no pulse", "Sensor cable broken inside",
         "Sensor and cable replaced, calibrated", "L-SOLDER", "1.5", ("PM-SENS", "PM-CABLE"), "Cuff"),
    Item("Yamaha A-S501 amplifier", "Y21####", "Left channel crackles", "Potentiometer and capacitors worn",
         "Potentiometer and capacitors replaced", "L-SOLDER", "2", ("AM-CAP", "AM-POT")),
    Item("JBL PartyBox 310", "TL0####-#######", "No sound after rain", "Amplifier board corroded",
         "Amplifier board replaced", "L-BENCH", "1.5", ("SP-AMP",)),
    Item("iPad Air", "DMPX#######", "Glass broken", "Glass broken, display fine",
         "Glass replaced", "L-BENCH", "1.25", ("TB-GLASS",)),
)  # fmt: skip
PRICES: Mapping[str, tuple[str, int]] = {**LABOUR, **PARTS, **GOODS}


def load_products() -> dict[str, int]:
    """Labour, parts and goods in their categories; returns their ids by code."""
    kinds = (
        ("labour", unit("hour").id, LABOUR),
        ("part", unit("piece").id, PARTS),
        ("goods", unit("piece").id, GOODS),
    )
    shelves, brands = _shelves(), _brands()
    found: dict[str, int] = {}
    for kind, uom, group in kinds:
        for code, (name, price) in group.items():
            values: dict[str, Any] = {
                "code": code, "name": name, "kind": kind, "uom": uom, "unit_price": Decimal(price),
                "category": _shelf_of(kind, code, shelves), "brand": brands.get(code),
            }  # fmt: skip
            if kind != "labour":
                values |= {"cost": Decimal(price * 6 // 10), "barcodes": _barcodes(kind, code, len(found))}
            found[code] = create("product", values, uploads=pictures(code)).id
    return found


def fill_shelves(products: Mapping[str, int], on: date) -> None:
    """The parts that lie at each branch before the first repair, so that repairs take them."""
    supplier = place("supplier").id
    moved = [
        Movement(products[code], supplier, home(each.id).id, AT_FIRST, value=Decimal(price * 6 // 10) * AT_FIRST)
        for each in branches()
        for code, (_name, price) in PARTS.items()
    ]
    with transaction():
        post(moved, on=on, source=Source(note="Opening stock"), event="opening_stock")


def _shelves() -> dict[str, int]:
    """The categories: {name: id}."""
    made: dict[str, int] = {}
    for name, (above, _codes) in CATEGORIES.items():
        made[name] = create("product_category", {"name": name, "parent": made.get(above)}).id
    return made


def _brands() -> dict[str, int]:
    """{code of a product: id of its brand}."""
    made: dict[str, int] = {}
    for name, (website, codes) in BRANDS.items():
        made |= dict.fromkeys(codes.split(), create("brand", {"name": name, "website": website}).id)
    return made


def _shelf_of(kind: str, code: str, shelves: Mapping[str, int]) -> int:
    if kind != "part":
        return shelves["Labour" if kind == "labour" else "Shop"]
    begins = code.partition("-")[0]
    return shelves[next(name for name, (_above, codes) in CATEGORIES.items() if begins in codes.split())]


def _box_of_six() -> int:
    values = {"code": "box_6", "name": "box of 6", "dimension": "count", "factor": Decimal(6), "is_exact": True}
    return create("unit", values).id


def _barcodes(kind: str, code: str, place: int) -> list[dict[str, Any]]:
    """Goods carry their maker's article number, and parts the code on their bag; a case is scanned by its box too."""
    if kind == "part":
        return [{"code": code, "kind": "code128"}] if place % 2 else []
    digits = f"{MADE_IN_KENYA}{4401:04d}{place:05d}"
    found: list[dict[str, Any]] = [{"code": article_number(digits), "kind": "ean13"}]
    if code == "G-CASE":
        found.append({"code": "KILIMA/CASE-S/6", "kind": "code128", "uom": _box_of_six()})
    return found
