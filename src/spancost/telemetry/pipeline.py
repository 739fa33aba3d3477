"""Our own way out over OTLP/http, for programs that trace but have set no meter or logger provider."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import LoggerProvider
from opentelemetry._logs._internal import ProxyLoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.metrics._internal import _ProxyMeterProvider  # pyright: ignore[reportPrivateUsage]
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider
    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider

__all__ = ["Own", "interval", "resource_of", "unset"]

_DEFAULT_INTERVAL: Final = 60.0
_MADE_OF: Final = {
    "METRICS": ("opentelemetry.exporter.otlp.proto.http.metric_exporter", "opentelemetry.sdk.metrics.export"),
    "LOGS": ("opentelemetry.exporter.otlp.proto.http._log_exporter", "opentelemetry.sdk._logs.export"),
}
"""Signal -> what its provider and exporter are imported from."""


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


def resource_of(providers: Iterable[Any]) -> Resource:
    """Return the resource of the first tracer provider that has one, else what the environment says."""
    for provider in providers:
        resource = getattr(provider, "resource", None)
        if isinstance(resource, Resource):
            return resource
    try:
        return Resource.create()
    except RuntimeError:
        # Its detectors run on threads, which Python refuses to a program that is ending.
        return Resource.get_empty().merge(OTELResourceDetector().detect())


class Own:
    """Providers of our own, made when first asked for and never set as the global ones.

    Metrics leave when `export_metrics` or `flush` is called: a reader with a thread of its own would come alive
    again in a forked child, with all that its parent had counted.
    """

    def __init__(self, environ: Mapping[str, str], resource: Callable[[], Resource]) -> None:
        self._environ = environ
        self._resource = resource
        self.forget()

    def prepare(self, signal: str) -> None:
        """Import now, in the thread that starts the program, what a signal's provider would be made of.

        Later a thread of ours would import it: a fork meanwhile leaves the child waiting for that import for ever, and
        the end of a program meanwhile fails it, as the SDK starts threads while its logs are imported.
        """
        if self._wanted(signal):
            for module in _MADE_OF[signal]:
                import_module(module)

    def meter_provider(self) -> MeterProvider | None:
        """Return a meter provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("METRICS"):
            return None
        if self._meters is None:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

            reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=math.inf)
            self._meters = SDKMeterProvider([reader], resource=self._resource(), shutdown_on_exit=False)
        return self._meters

    def logger_provider(self) -> LoggerProvider | None:
        """Return a logger provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("LOGS"):
            return None
        if self._loggers is None:
            from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider

            self._loggers = SDKLoggerProvider(resource=self._resource(), shutdown_on_exit=False)
            self._loggers.add_log_record_processor(_record_processor())
        return self._loggers

    def export_metrics(self) -> None:
        """Collect and export what the instruments hold, where the meter provider is ours."""
        with self._exporting:
            if self._meters is not None:
                self._meters.force_flush()

    def flush(self, timeout: float) -> bool:
        """Export what is waiting; False if that took longer than `timeout` seconds."""
        millis = int(timeout * 1000)
        done = self._meters is None or self._meters.force_flush(millis)
        return (self._loggers is None or self._loggers.force_flush(millis)) and done

    def shutdown(self) -> None:
        """Export what is waiting, once, and end."""
        with self._exporting:
            meters, loggers = self._meters, self._loggers
            self.forget()
            if meters is not None:
                meters.force_flush()
                meters.shutdown()
        if loggers is not None:
            loggers.shutdown()

    def forget(self) -> None:
        """Leave the providers behind, as a forked child must leave its parent's."""
        self._meters: SDKMeterProvider | None = None
        self._loggers: SDKLoggerProvider | None = None
        # Held while metrics are exported: nothing is exported once the end has begun.
        self._exporting = Lock()

    def _wanted(self, signal: str) -> bool:
        exporter = self._environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
        endpoint = self._environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or self._environ.get(
            "OTEL_EXPORTER_OTLP_ENDPOINT"
        )
        return bool(endpoint) and exporter in ("", "otlp")


def _record_processor() -> LogRecordProcessor:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor

    exporter = OTLPLogExporter()
    try:
        return BatchLogRecordProcessor(exporter)
    except RuntimeError:
        # It has a thread, which Python refuses to a program that is ending; the few events left go one by one.
        return SimpleLogRecordProcessor(exporter)
