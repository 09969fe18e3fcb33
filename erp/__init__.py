"""Millrace: the first of the three doors a plugin imports; names are loaded when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from erp import batches as batches
    from erp import card_numbers as card_numbers
    from erp import clock as clock
    from erp import i18n as i18n
    from erp import importing as importing
    from erp import late as late
    from erp import markup as markup
    from erp import money as money
    from erp import notifications as notifications
    from erp.access import Member as Member
    from erp.access import can as can
    from erp.access import members_with as members_with
    from erp.access import require as require
    from erp.access import seen_as as seen_as
    from erp.config import settings as settings
    from erp.context import acting as acting
    from erp.context import current as current
    from erp.context import whole as whole
    from erp.data import audit as audit
    from erp.data import bulk as bulk
    from erp.data import files as files
    from erp.data import marks as marks
    from erp.data import prepared as prepared
    from erp.data import vault as vault
    from erp.data.base import before_commit as before_commit
    from erp.data.base import repeated as repeated
    from erp.data.base import session as session
    from erp.data.base import transaction as transaction
    from erp.data.organisation import Company as Company
    from erp.data.organisation import branch as branch
    from erp.data.organisation import company as company
    from erp.data.organisation import currency as currency
    from erp.data.organisation import day_of as day_of
    from erp.data.organisation import each_tenant as each_tenant
    from erp.data.organisation import moment_on as moment_on
    from erp.data.organisation import today as today
    from erp.data.settings import read_setting as read_setting
    from erp.data.settings import write_setting as write_setting
    from erp.data.tenancy import TenantScoped as TenantScoped
    from erp.data.tenancy import key_to as key_to
    from erp.documents import archiving as archiving
    from erp.documents import arrivals as arrivals
    from erp.documents import signed_links as signed_links
    from erp.documents import telling as telling
    from erp.documents.base import Document as Document
    from erp.documents.base import Extension as Extension
    from erp.documents.base import Line as Line
    from erp.documents.base import Record as Record
    from erp.documents.columns import amount as amount
    from erp.documents.columns import choice as choice
    from erp.documents.columns import day as day
    from erp.documents.columns import email as email
    from erp.documents.columns import flag as flag
    from erp.documents.columns import integer as integer
    from erp.documents.columns import lines as lines
    from erp.documents.columns import link as link
    from erp.documents.columns import long_text as long_text
    from erp.documents.columns import moment as moment
    from erp.documents.columns import phone as phone
    from erp.documents.columns import quantity as quantity
    from erp.documents.columns import rate as rate
    from erp.documents.columns import text as text
    from erp.documents.linking import read_links as read_links
    from erp.documents.numbers import next_numbers as next_numbers
    from erp.documents.numbers import next_of as next_of
    from erp.documents.numbers import number_at_end as number_at_end
    from erp.documents.placing import hold_at as hold_at
    from erp.documents.types import document_type as document_type
    from erp.errors import Conflict as Conflict
    from erp.errors import ErpError as ErpError
    from erp.errors import Forbidden as Forbidden
    from erp.errors import Invalid as Invalid
    from erp.errors import NotFound as NotFound
    from erp.errors import SignInRequired as SignInRequired
    from erp.errors import UserError as UserError
    from erp.hooks import check as check
    from erp.hooks import hook as hook
    from erp.i18n import N_ as N_
    from erp.i18n import _ as _
    from erp.i18n import _l as _l
    from erp.jobs import outbox as outbox
    from erp.jobs import parts as parts
    from erp.jobs.claims import Claim as Claim
    from erp.jobs.marks import every as every
    from erp.jobs.marks import job as job
    from erp.jobs.marks import job_in_parts as job_in_parts
    from erp.jobs.models import Job as Job
    from erp.mail import Attachment as Attachment
    from erp.mail import Mail as Mail
    from erp.mail import MailRefused as MailRefused
    from erp.mailbox import deliver as deliver
    from erp.merging import fold as fold
    from erp.notifications import notify as notify
    from erp.operations import add as add
    from erp.operations import ask as ask
    from erp.operations import begin_later as begin_later
    from erp.operations import complete as complete
    from erp.operations import create as create
    from erp.operations import edit as edit
    from erp.operations import message_link as message_link
    from erp.operations import send_message as send_message
    from erp.operations import send_signal as send_signal
    from erp.organising import BranchFigure as BranchFigure
    from erp.organising import branch_figures as branch_figures
    from erp.organising import branch_opened as branch_opened
    from erp.organising import branches as branches
    from erp.plugins import Plugin as Plugin
    from erp.provision import upgraded as upgraded
    from erp.reports import packs as packs
    from erp.reports import papers as papers
    from erp.reports.prints import print_document as print_document
    from erp.webhooks import Notice as Notice
    from erp.webhooks import NoticeRefused as NoticeRefused
    from erp.webhooks import Receiver as Receiver
    from erp.workflow.actions import Call as Call
    from erp.workflow.actions import ProcessError as ProcessError
    from erp.workflow.actions import action as action
    from erp.workflow.letters import Letter as Letter
    from erp.workflow.people import tasks as tasks
    from erp.workflow.people.verdicts import standing as standing
    from erp.workflow.people.verdicts import verdict as verdict

_ROOMS = {
    "access": ("Member", "can", "members_with", "require", "seen_as"),
    "batches": ("batches",),
    "card_numbers": ("card_numbers",),
    "clock": ("clock",),
    "config": ("settings",),
    "context": ("acting", "current", "whole"),
    "data": ("audit", "bulk", "files", "marks", "prepared", "vault"),
    "data.base": ("before_commit", "repeated", "session", "transaction"),
    "data.organisation": ("Company", "branch", "company", "currency", "day_of", "each_tenant", "moment_on", "today"),
    "data.settings": ("read_setting", "write_setting"),
    "data.tenancy": ("TenantScoped", "key_to"),
    "documents": ("archiving", "arrivals", "signed_links", "telling"),
    "documents.base": ("Document", "Extension", "Line", "Record"),
    "documents.columns": (
        "amount", "choice", "day", "email", "flag", "integer", "lines", "link", "long_text", "moment", "phone",
        "quantity", "rate", "text",
    ),
    "documents.linking": ("read_links",),
    "documents.numbers": ("next_numbers", "next_of", "number_at_end"),
    "documents.placing": ("hold_at",),
    "documents.types": ("document_type",),
    "errors": ("Conflict", "ErpError", "Forbidden", "Invalid", "NotFound", "SignInRequired", "UserError"),
    "hooks": ("check", "hook"),
    "i18n": ("N_", "_", "_l", "i18n"),
    "importing": ("importing",),
    "jobs": ("outbox", "parts"),
    "jobs.claims": ("Claim",),
    "jobs.marks": ("every", "job", "job_in_parts"),
    "jobs.models": ("Job",),
    "late": ("late",),
    "mail": ("Attachment", "Mail", "MailRefused"),
    "mailbox": ("deliver",),
    "markup": ("markup",),
    "merging": ("fold",),
    "money": ("money",),
    "notifications": ("notifications", "notify"),
    "operations": (
        "add", "ask", "begin_later", "complete", "create", "edit", "message_link", "send_message", "send_signal",
    ),
    "organising": ("BranchFigure", "branch_figures", "branch_opened", "branches"),
    "plugins": ("Plugin",),
    "provision": ("upgraded",),
    "reports": ("packs", "papers"),
    "reports.prints": ("print_document",),
    "webhooks": ("Notice", "NoticeRefused", "Receiver"),
    "workflow.actions": ("Call", "ProcessError", "action"),
    "workflow.letters": ("Letter",),
    "workflow.people": ("tasks",),
    "workflow.people.verdicts": ("standing", "verdict"),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module 'erp' has no attribute {name!r}")
    module = import_module(f"erp.{room}")
    if room == name:
        return module
    value = getattr(module, name) if hasattr(module, name) else import_module(f"erp.{room}.{name}")
    globals()[name] = value
    return value
