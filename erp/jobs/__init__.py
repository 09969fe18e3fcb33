"""The outbox: everything that waits is a row of `job`; RQ only wakes, losing it loses nothing."""
