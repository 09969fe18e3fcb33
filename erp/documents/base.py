"""What plugins declare: Document, Line, Record, Extension. The class is the registration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from erp import clock, context
from erp.data.audit import Audited, Called
from erp.data.base import Base
from erp.data.tenancy import TenantScoped, key_to
from erp.documents import columns
from erp.documents.columns import Lines, Link
from erp.errors import SetupError
from erp.money import Tax, Terms

T = TypeVar("T")
ANNOTATION = re.compile(r"Mapped\[\s*(?:list\[)?[\"']?(\w+)[\"']?\]?\s*(\|\s*None)?\s*\]")


def snake(name: str) -> str:
    """`RepairOrder` -> `repair_order`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _now() -> datetime:
    return clock.now()


def _annotated(cls: type, name: str) -> tuple[str, bool]:
    """(class name, optional) of a link's or lines' annotation."""
    found = ANNOTATION.fullmatch(str(cls.__annotations__[name]).strip())
    if found is None:
        raise TypeError(
            f"{cls.__name__}.{name} must be annotated Mapped[Type], Mapped[Type | None] or Mapped[list[Type]]."
        )
    return found[1], found[2] is not None


class Declared(Audited, TenantScoped):
    """Turns `link()` and `lines()` into columns and keys, and names the table after the class."""

    __abstract__ = True
    __tablename__: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            if "__tablename__" not in cls.__dict__:
                cls.__tablename__ = snake(cls.__name__)
            if cls.__tablename__ in Base.metadata.tables:
                # said before SQLAlchemy knows the class: two of one name would make every relation to it ambiguous
                raise SetupError(f"{cls.__module__} declares the table {cls.__tablename__}, which is there already.")
            _declare(cls)
        super().__init_subclass__(**kwargs)


def _declare(cls: type[Declared]) -> None:
    keys: list[Any] = []
    for name, value in list(vars(cls).items()):
        if isinstance(value, Link):
            target, optional = _annotated(cls, name)
            del cls.__annotations__[name]
            setattr(cls, f"{name}_id", value.column(snake(target), optional=optional))
            setattr(cls, name, columns.relation(cls.__name__, name, target))
            keys.append(key_to(snake(target), f"{name}_id"))
        elif isinstance(value, Lines):
            target, _optional = _annotated(cls, name)
            del cls.__annotations__[name]
            setattr(cls, name, _line_relation(cls, target, value))
    own = cls.__dict__.get("__table_args__", ())
    cls.__table_args__ = (*keys, *own)


def _line_relation(cls: type, target: str, value: Lines) -> Any:
    return relationship(
        target,
        primaryjoin=f"{cls.__name__}.id == foreign({target}.document_id)",
        order_by=f"{target}.position",
        cascade="all, delete-orphan",
        back_populates="document",
        info={"lines": value.options},
    )


class Record(Declared):
    """Master data: has no process, may be edited at any time by whoever may."""

    __abstract__ = True
    verbs: ClassVar[Mapping[str, str]] = {}
    """{verb: what people call it} roles may do to it besides what may be done to every type."""
    icon: ClassVar[str] = "file"
    group: ClassVar[str] = ""
    """Heading of the menu it stands under."""
    title_field: ClassVar[str] = "name"
    """Field whose value names a row to people."""
    subtitle_field: ClassVar[str] = ""
    quick_fields: ClassVar[tuple[str, ...]] = ()
    """What is asked where a row is made beside another form; empty for types that are made on their own page only."""
    listed_stamps: ClassVar[tuple[str, ...]] = ()
    """Which of `created_at`, `created_by` and the like are columns of its list."""
    has_pictures: ClassVar[bool] = False
    """Whether lists and pickers show the first picture of a row."""
    branch_columns: ClassVar[tuple[str, ...]] = ()
    """Columns that say at which branches a row is: who is limited to some reaches those at one of them, or at none."""

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=_now)
    created_by: Mapped[str] = mapped_column(sa.String(200), default=lambda: context.current().name)
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=_now, onupdate=_now)
    updated_by: Mapped[str] = mapped_column(
        sa.String(200), default=lambda: context.current().name, onupdate=lambda: context.current().name
    )
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Values of fields made in the browser, described by ExtraField rows."""

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a directive is given the class
        return {"version_id_col": cls.version}

    @property
    def title(self) -> str:
        """What people call this row."""
        return str(getattr(self, self.title_field) or f"#{self.id}")

    @property
    def called(self) -> str:
        """What people call it where nothing else says what it is."""
        return self.title

    @property
    def subtitle(self) -> str:
        """The second line under the title; empty where it would say the same."""
        found = str(getattr(self, self.subtitle_field) or "") if self.subtitle_field else ""
        return "" if found == self.title else found

    def found_by(self, _text: str) -> str:
        """What searching by this text says of it besides, such as the box a barcode is on; "" for nothing."""
        return ""

    def recompute(self) -> None:
        """Bring derived fields up to date, before every save; reads no other rows. Raises Invalid naming misfits."""

    def check(self) -> None:
        """Before every save but an import's: raises Invalid for what only other rows can tell, such as a duplicate."""


class Document(Record):
    """A numbered document of a company; where a process exists, its diagram owns `state`."""

    __abstract__ = True
    branch_columns: ClassVar[tuple[str, ...]] = ("branch_id",)
    prefix: ClassVar[str] = ""
    gapless: ClassVar[bool] = False
    """Numbers without gaps, where law asks it; taken by the last statement before commit."""
    numbered_at: ClassVar[str] = ""
    """Milestone at which it is given its number; where this is empty a new one has it at once."""
    title_field: ClassVar[str] = "number"
    amount_field: ClassVar[str] = ""
    """The money people look for in lists."""
    content_fields: ClassVar[tuple[str, ...]] = ()
    """What an approval is bound to: fields and tables of lines; empty for all that people fill in."""
    takes_history: ClassVar[bool] = True
    """Whether documents of another system may be brought in; not those that say what money has still to do."""
    takes_files: ClassVar[bool] = False
    """Whether its plugin brings files in by pages of its own, though documents cannot be brought in one by one."""

    number: Mapped[str | None] = mapped_column(sa.String(40), index=True)
    state: Mapped[str] = mapped_column(sa.String(60), default="")
    """The last milestone its process passed; written by the engine's step and nobody else."""
    state_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    passed_states: Mapped[list[str]] = mapped_column(JSONB, default=list)
    company_id: Mapped[int] = mapped_column(sa.BigInteger, default=lambda: context.current().company_id, index=True)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: context.current().branch_id)
    currency: Mapped[str] = mapped_column(sa.String(3), default="")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            cls.__table_args__ = (
                key_to("company", "company_id"),
                key_to("branch", "branch_id"),
                sa.UniqueConstraint("tenant_id", "number"),
                sa.Index(f"{snake(cls.__name__)}_state", "tenant_id", "state", "id"),
                *cls.__dict__.get("__table_args__", ()),
            )
        super().__init_subclass__(**kwargs)

    @property
    def called(self) -> str:
        """Its number and what it is about."""
        number = self.number or f"#{self.id}"
        return number if self.title in {self.number, number} else f"{number} ({self.title})"

    @property
    def summary(self) -> str:
        """What the document is about, in a few words for inbox and search."""
        return self.title

    @classmethod
    def terms(cls, document: Document | None) -> Terms | None:
        """How its lines are summed, for forms of this or of a new document; None where they have no prices."""
        rate = getattr(document, "tax_rate", None)
        return Terms(taxes=(Tax("", rate),)) if rate else None

    def number_pattern(self) -> str:
        """How its number reads; it may name {prefix}, {year} and {branch}, and must name {count}."""
        return "{prefix}-{year}-{count}"

    def arrive(self) -> None:
        """Fill in what one brought in as history lacks, before it is saved; raises Invalid naming misfits."""

    def arrived(self) -> None:
        """Write what hangs on one brought in as history, once it has its id; nothing may be set going."""

    def passed(self, milestone: str) -> bool:
        """Whether its process has passed this milestone; name it in `relies_on` so that diagrams keep it."""
        return milestone in (self.passed_states or ())


class Line(Declared, Generic[T]):
    """A line of a document: `class RepairOrderLine(Line["RepairOrder"])`.

    A record may have several kinds, each under a name of its own: `class Barcode(Line["Product"], table="barcodes")`.
    """

    __abstract__ = True
    document_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    position: Mapped[int] = mapped_column(default=0)
    title_field: ClassVar[str] = "description"
    named_by: ClassVar[str] = ""
    """The link it is called after, where its title is that of the row it leads to."""
    owner: ClassVar[str]
    """Class name of its document."""

    @property
    def picture_url(self) -> str:
        """Address of a drawing that stands before its title; empty for none."""
        return ""

    @property
    def subtitle(self) -> str:
        """The second line under its title; empty for its other texts."""
        return ""

    document: Any

    def __init_subclass__(cls, table: str = "lines", **kwargs: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            owner = _owner(cls)
            cls.document = relationship(
                owner,
                primaryjoin=f"foreign({cls.__name__}.document_id) == remote({owner}.id)",
                back_populates=table,
            )
            cls.__table_args__ = (
                key_to(snake(owner), "document_id", ondelete="CASCADE"),
                *cls.__dict__.get("__table_args__", ()),
            )
            cls.owner = owner
        super().__init_subclass__(**kwargs)

    def audit_subject(self) -> tuple[str, int, str | Called]:
        """Filed under the document, naming the line by its title field."""
        return snake(self.owner), self.document_id, self._namesake or self._name

    @property
    def _name(self) -> str:
        return str(getattr(self, self.title_field, "") or self.position + 1)

    @property
    def _namesake(self) -> Called | None:
        """What it is called after, where that was not read yet."""
        key = getattr(self, f"{self.named_by}_id") if self.named_by and self.named_by not in vars(self) else None
        return None if key is None else Called(sa.inspect(type(self)).relationships[self.named_by].mapper.class_, key)


def _owner(cls: type) -> str:
    for base in cls.__dict__.get("__orig_bases__", ()):
        if get_origin(base) is Line:
            (owner,) = get_args(base)
            return str(getattr(owner, "__forward_arg__", getattr(owner, "__name__", owner)))
    raise TypeError(f'{cls.__name__} must name its document: class {cls.__name__}(Line["Order"]).')


class Extension(Declared, Generic[T]):
    """More fields for another plugin's record, in a table of its own, shown as fields of that record."""

    __abstract__ = True
    is_part = True
    record_id: Mapped[int] = mapped_column(sa.BigInteger)
    extends: ClassVar[str]
    """Type name of the record it grows."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            (record,) = next(
                get_args(base) for base in cls.__dict__.get("__orig_bases__", ()) if get_origin(base) is Extension
            )
            target = snake(record.__name__)
            cls.extends = target
            cls.__table_args__ = (
                key_to(target, "record_id", ondelete="CASCADE"),
                sa.UniqueConstraint("tenant_id", "record_id"),
                *cls.__dict__.get("__table_args__", ()),
            )
        super().__init_subclass__(**kwargs)

    def check(self) -> None:
        """Before its record is saved with changes here: raises Invalid, naming fields `<table>.<field>`."""

    def audit_subject(self) -> tuple[str, int, str]:
        """Filed under the record it grows."""
        return self.extends, self.record_id, ""


def classes() -> dict[str, type[Record]]:
    """Every declared document and record by its type name; not those of a plugin whose table was refused."""
    found: dict[str, type[Record]] = {}
    pending: list[type] = [Record]
    while pending:
        cls: Any
        for cls in pending.pop().__subclasses__():
            pending.append(cls)
            if not cls.__dict__.get("__abstract__", False) and sa.inspect(cls, raiseerr=False) is not None:
                found[cls.__tablename__] = cls
    return found


def extensions(target: str) -> list[type[Extension[Any]]]:
    """The extensions of a record type."""
    return [cls for cls in Extension.__subclasses__() if getattr(cls, "extends", None) == target]
