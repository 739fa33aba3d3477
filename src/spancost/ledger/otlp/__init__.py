"""Charges read back from files of OTLP spans, as they would have been counted live."""
