"""The database: models, migrations, the actors of the store, and the embedded PostgreSQL."""
