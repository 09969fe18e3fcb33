"""Starting and stopping: embedded PostgreSQL and Redis, the supervisor, backups, the demo company."""
