"""Where values become OpenTelemetry: attributes on spans, metrics, log records."""
