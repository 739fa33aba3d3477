"""Our own way out over OTLP/http, for programs that trace but have set no meter or logger provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import LoggerProvider
from opentelemetry._logs._internal import ProxyLoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.metrics._internal import _ProxyMeterProvider  # pyright: ignore[reportPrivateUsage]

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider
    from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider

__all__ = ["Own", "interval", "unset"]

_DEFAULT_INTERVAL: Final = 60.0


def unset(provider: Any) -> bool:
    """Tell whether nobody has set a provider: the API's proxy stands in."""
    return isinstance(provider, (_ProxyMeterProvider, ProxyLoggerProvider))


def interval(environ: Mapping[str, str]) -> float:
    """Return the seconds between two metric exports, as OpenTelemetry is configured."""
    try:
        seconds = float(environ.get("OTEL_METRIC_EXPORT_INTERVAL", "")) / 1000
    except ValueError:
        return _DEFAULT_INTERVAL
    return seconds if seconds > 0 else _DEFAULT_INTERVAL


class Own:
    """Providers of our own, made when first asked for and never set as the global ones."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._meters: SDKMeterProvider | None = None
        self._loggers: SDKLoggerProvider | None = None

    def meter_provider(self) -> MeterProvider | None:
        """Return a meter provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("METRICS"):
            return None
        if self._meters is None:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

            reader = PeriodicExportingMetricReader(OTLPMetricExporter())
            self._meters = SDKMeterProvider([reader], shutdown_on_exit=False)
        return self._meters

    def logger_provider(self) -> LoggerProvider | None:
        """Return a logger provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("LOGS"):
            return None
        if self._loggers is None:
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider
            from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

            self._loggers = SDKLoggerProvider(shutdown_on_exit=False)
            self._loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        return self._loggers

    def flush(self, timeout: float) -> bool:
        """Export what is waiting; False if that took longer than `timeout` seconds."""
        millis = int(timeout * 1000)
        done = self._meters is None or self._meters.force_flush(millis)
        return (self._loggers is None or self._loggers.force_flush(millis)) and done

    def shutdown(self) -> None:
        """Export what is waiting and end."""
        if self._meters is not None:
            self._meters.shutdown()
        if self._loggers is not None:
            self._loggers.shutdown()
        self.forget()

    def forget(self) -> None:
        """Leave the providers behind, as a forked child must leave its parent's."""
        self._meters = None
        self._loggers = None

    def _wanted(self, signal: str) -> bool:
        exporter = self._environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
        endpoint = self._environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or self._environ.get(
            "OTEL_EXPORTER_OTLP_ENDPOINT"
        )
        return bool(endpoint) and exporter in ("", "otlp")
