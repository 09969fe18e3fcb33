"""What the templates need. Every text arrives translated, every url as a string ('' = absent)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from erp.forms.inputs import Choice, Input, Submit, Total

__all__ = ["Choice", "Input", "Submit", "Total"]


@dataclass(frozen=True)
class Link:
    """A link or a menu entry; `post=True` renders a one-button form with the CSRF token instead."""

    label: str
    url: str
    icon: str = ""
    sub: str = ""
    """Second, grey text."""
    post: bool = False
    confirm: str = ""
    """A question asked before a post goes out (needs JavaScript; without it the post goes out at once)."""
    danger: bool = False


@dataclass(frozen=True)
class Tab:
    """A view or a document tab: a link with aria-current."""

    label: str
    url: str
    count: str = ""
    late: bool = False
    current: bool = False


@dataclass(frozen=True)
class State:
    """A badge. kind: idle | move | wait | good | bad | done."""

    kind: str
    label: str


@dataclass(frozen=True)
class Empty:
    """Why a page is empty and the one button that fills it."""

    text: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class Face:
    """Who: initials of a person, or an icon of a role, a customer, a machine. `me` tints it."""

    initials: str = ""
    icon: str = ""
    me: bool = False


@dataclass(frozen=True)
class Page:
    """Variable `page`, on EVERY page (also signed out and portal)."""

    language: str = "en"
    short: str = "EN"
    direction: str = "ltr"
    theme: str = "auto"
    """light | dark | auto"""
    name: str = "Millrace"
    """Name of the installation."""
    decimal: str = "."
    """Decimal sign and group sign of the user's locale, for sums counted in the browser."""
    group: str = ","
    languages: Sequence[Choice] = ()
    language_url: str = ""
    """POST, fields `language` and `next`; signed-out pages have it too."""


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu."""

    label: str
    url: str
    icon: str
    count: str = ""
    hot: bool = False
    """Accent-coloured count (the inbox)."""
    current: bool = False
    inbox: bool = False
    """This count follows the inbox stream."""
    open: str = ""
    """Type whose open documents are counted after the page is there."""


@dataclass(frozen=True)
class MenuGroup:
    """Entries under one heading, which folds them away."""

    items: Sequence[MenuItem]
    label: str = ""
    key: str = ""
    """What the browser remembers a folded group by, in every language."""
    is_folded: bool = False


@dataclass(frozen=True)
class Shell:
    """Variable `shell`, on signed-in pages; None or absent when signed out."""

    company: str
    home_url: str
    menu: Sequence[MenuGroup]
    user_name: str
    initials: str
    sign_out_url: str
    """POST; opened with GET it asks first."""
    user_sub: str = ""
    user_links: Sequence[Link] = ()
    search_url: str = ""
    """GET with `q`; '' hides the search."""
    search_value: str = ""
    search_hint: str = ""
    places: Sequence[Choice] = ()
    """Branches (label) with their company (sub); one or none hides the switch."""
    place_url: str = ""
    """POST, fields `place` and `next`."""
    theme_url: str = ""
    """POST, fields `theme` and `next`."""
    inbox_url: str = ""
    inbox_count: int = 0
    stream_url: str = ""
    """server-sent events: `event: inbox`, data {"count": 9, "unread": 2}"""
    notices_url: str = ""
    """All notifications; the newest few below it at `newest`."""
    unread: int = 0
    """Notifications that are not read."""
    help_url: str = ""


@dataclass(frozen=True)
class Shown:
    """A field as it is read. `value` is typed; kind says which filter writes it.

    kind: text longtext integer decimal money quantity percent date datetime boolean choice link email phone files state
    text/choice/link: str · money: Decimal with `currency` · boolean: bool · files: Sequence[FileRow] · state: State
    None or '' shows "–".
    """

    label: str
    value: object
    kind: str = "text"
    url: str = ""
    currency: str = ""
    unit: str = ""
    sub: str = ""
    late: bool = False
    wide: bool = False
    """Takes the whole row."""


class Cell(NamedTuple):
    """One cell of a list, already written by Python (no filter runs per row); a tuple, as a page has hundreds.

    kind: id | text | number | date | state | where
    id: the link to the document · state: `mark` is the kind of badge · where: `mark` is initials, or an icon when it
    starts with "icon:" · late: text red (where: the second line red)
    """

    text: str
    kind: str = "text"
    sub: str = ""
    url: str = ""
    mark: str = ""
    late: bool = False
    picture: str = ""
    """Address of a small picture before the text."""


@dataclass(frozen=True)
class Column:
    """role decides its place on a phone: title | who | what | state | where | amount | due | more (hidden there)."""

    name: str
    label: str
    role: str = "more"
    number: bool = False
    sort_url: str = ""
    sorted: str = ""
    """'' | ascending | descending"""

    @property
    def css(self) -> str:
        """The classes of its head and its cells."""
        return f"r-{self.role} mr-num" if self.number else f"r-{self.role}"


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    id: str
    label: str
    """What the row's check box is called: the number."""
    cells: Sequence[Cell]
    """In the order of the columns."""
    sum: str = ""
    """`KES 14500.00`: what it adds to the sum of the picked rows."""


@dataclass(frozen=True)
class LinesShown:
    """Lines of a document as read. Cells: kind text (with sub) or number."""

    label: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    totals: Sequence[Total] = ()
    tag: str = ""
    empty: str = ""


@dataclass(frozen=True)
class FileRow:
    """A kept file."""

    name: str
    url: str
    size: int = 0
    by: str = ""
    at: datetime | None = None
    is_image: bool = False
    thumb_url: str = ""
    id: str = ""
    remove_url: str = ""
    """POST; '' = may not."""
    moves: Sequence[Link] = ()
    """Other places among the pictures; `sub` is what is posted as `to`."""
    is_first: bool = False
    """Whether lists show this picture, of several."""


@dataclass(frozen=True)
class TaskRow:
    """A task in a queue."""

    title: str
    url: str
    sub: str
    """Number, customer, item."""
    icon: str = "checkbox"
    due: str = ""
    late: bool = False
    mine: bool = False
    role: str = ""
    claim_url: str = ""
    delegate_url: str = ""
    current: bool = False
    stands_in: str = ""
    """`For Anne Njeri, away until 5 Dec`, where one stands in."""


@dataclass(frozen=True)
class PortalView:
    """millrace/portal_task.html: the customer's page. Works without JavaScript."""

    company: str
    title: str
    sentence: str
    """"Your camera is repaired for KES 27,028.00, ready by Saturday." """
    number: str
    action: str
    contact: str = ""
    facts: Sequence[Shown] = ()
    lines: Sequence[LinesShown] = ()
    prints: Sequence[Link] = ()
    fields: Sequence[Input] = ()
    buttons: Sequence[Submit] = ()
    errors: Sequence[str] = ()
    done: str = ""
    """Answered, expired or replaced: only this sentence."""
    done_kind: str = "good"
    """good | wait | bad | done"""
    expires: datetime | None = None
    version: str = ""


@dataclass(frozen=True)
class Figure:
    """A number of the overview."""

    label: str
    text: str
    sub: str = ""
    mood: str = ""
    """'' | good | bad, for `change`"""
    change: str = ""
    url: str = ""


@dataclass(frozen=True)
class StateCount:
    """How many documents are in one state."""

    kind: str
    label: str
    count: int
    url: str
    share: int
    """Width of its bar, 0..100, of the largest."""


@dataclass(frozen=True)
class TypeStates:
    """The states of one document type."""

    label: str
    url: str
    states: Sequence[StateCount]


@dataclass(frozen=True)
class StuckRow:
    """A document nobody moves on."""

    number: str
    url: str
    what: str
    state: State
    waiting: str
    stuck: str
    late: bool = False
    amount: str = ""
    next_label: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class MailRow:
    """A mail in the mailbox."""

    subject: str
    to: str
    at: datetime
    url: str
    about: str = ""
    """Number of the document."""


@dataclass(frozen=True)
class MailboxView:
    """millrace/mailbox.html."""

    rows: Sequence[MailRow]
    note: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class MailView:
    """millrace/mail.html; addresses in `text` become links."""

    subject: str
    sender: str
    to: str
    at: datetime
    text: str
    attachments: Sequence[FileRow] = ()
    back_url: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class ErrorView:
    """millrace/error.html."""

    status: int
    title: str
    message: str
    todo: str = ""
    reference: str = ""
    back_url: str = ""
    back_label: str = ""
