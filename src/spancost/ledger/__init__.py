"""Charges at rest: kept in a SQLite file, or read back from files of OTLP spans; added up by whatever key is asked for.

Nothing is imported here: a program that keeps its charges reads no files, and one that reads files keeps none.
"""
