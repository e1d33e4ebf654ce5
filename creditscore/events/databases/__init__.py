"""Tables of databases as sources of events: PostgreSQL by URL, DuckDB files."""

from creditscore.events.databases.table import DatabaseTable

__all__ = ["DatabaseTable"]
