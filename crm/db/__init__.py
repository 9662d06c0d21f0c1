"""The database: engines and transactions, column types, tracked tables, migrations."""
