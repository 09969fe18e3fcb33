"""Runs diagrams. The only room that imports SpiffWorkflow; knows no database and no request."""

from erp.workflow.engine.changes import (
    Changes,
    ClosedTask,
    Event,
    Host,
    Milestone,
    Place,
    RequestedCall,
    SetTimer,
    Subscription,
    Thrown,
    UserTask,
)
from erp.workflow.engine.compiling import Spec, compile, fingerprint_of, spec_for  # noqa: A004 - it is what it does
from erp.workflow.engine.instance import Instance, Limits
from erp.workflow.engine.migrating import Migrated, migrate
from erp.workflow.engine.moving import Wait

__all__ = [
    "Changes",
    "ClosedTask",
    "Event",
    "Host",
    "Instance",
    "Limits",
    "Migrated",
    "Milestone",
    "Place",
    "RequestedCall",
    "SetTimer",
    "Spec",
    "Subscription",
    "Thrown",
    "UserTask",
    "Wait",
    "compile",
    "fingerprint_of",
    "migrate",
    "spec_for",
]
