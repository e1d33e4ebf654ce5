"""The sample's borrowers with features made for a test, as though each read a table of its own."""

from dataclasses import replace

import numpy as np

from creditscore.features.define import count, obligations, transactions, trips

TABLES = {"transactions": transactions, "trips": trips, "obligations": obligations}


def with_features(prepared, columns, **attributes):
    """`columns` maps (table, name) to values; `attributes` are columns of the applications."""
    features = tuple(replace(count(TABLES[table], days=30)[0], name=name) for table, name in columns)
    applications = prepared.applications
    for name, values in attributes.items():
        applications = applications.append_column(name, [values])
    return replace(
        prepared, features=features, matrix=np.column_stack(list(columns.values())), applications=applications
    )
