"""Who does a task: candidates, stand-ins, approvals, reminders, the inbox."""
