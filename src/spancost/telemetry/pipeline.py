"""Our own way out over OTLP/http, for programs that trace but have set no meter or logger provider."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import LoggerProvider
from opentelemetry._logs._internal import ProxyLoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.metrics._internal import _ProxyMeterProvider  # pyright: ignore[reportPrivateUsage]
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from spancost.faults import guarded, say
from spancost.worker import Worker

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider
    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider

__all__ = ["Own", "interval", "patience", "resource_of", "unset"]

_logger = logging.getLogger(__name__)

_SHORTEST_INTERVAL: Final = 0.1
"""Seconds; more often would be a core of the program's."""

_DEFAULT_INTERVAL: Final = 60.0
_PATIENCE: Final = 5.0
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
    return max(seconds, _SHORTEST_INTERVAL) if seconds > 0 else _DEFAULT_INTERVAL


def patience(environ: Mapping[str, str]) -> float:
    """Return the seconds that the end of a program waits for a backend: an export's timeout, 5 at most."""
    try:
        seconds = float(environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", ""))
    except ValueError:
        return _PATIENCE
    return min(seconds, _PATIENCE) if seconds > 0 else _PATIENCE


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
    again in a forked child, with all that its parent had counted. Each signal is exported on a thread of its own, and
    whoever waits for it waits as long as he says: the SDK's own flushes know no end where a backend is silent.
    """

    def __init__(self, environ: Mapping[str, str], resource: Callable[[], Resource]) -> None:
        self._environ = environ
        self._resource = resource
        self._senders = {signal: Worker(name=f"spancost-{signal.lower()}") for signal in _MADE_OF}
        self._prepared: set[str] = set()
        self._broken: set[str] = set()
        self.forget()

    @guarded("prepare")
    def prepare(self, signal: str) -> None:
        """Import now, in the thread that starts the program, what a signal's provider would be made of.

        Later a thread of ours would import it: a fork meanwhile leaves the child waiting for that import for ever, and
        the end of a program meanwhile fails it, as the SDK starts threads while its logs are imported.
        """
        if self._wanted(signal):
            # Until the imports have succeeded: what can't be imported now is not tried again.
            self._broken.add(signal)
            for module in _MADE_OF[signal]:
                import_module(module)
            self._broken.discard(signal)
            self._prepared.add(signal)

    def start(self) -> None:
        """Start the threads of what was prepared: Python refuses one to a program that is ending."""
        for signal in self._prepared:
            self._senders[signal].start()

    def meter_provider(self) -> MeterProvider | None:
        """Return a meter provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("METRICS"):
            return None
        if self._meters is None:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.metrics import MeterProvider as SDKMeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

            exporter = OTLPMetricExporter()
            self._exporters.append(exporter)
            reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)
            self._meters = SDKMeterProvider([reader], resource=self._resource(), shutdown_on_exit=False)
        return self._meters

    def logger_provider(self) -> LoggerProvider | None:
        """Return a logger provider over OTLP/http, None where no endpoint is configured or `none` is."""
        if not self._wanted("LOGS"):
            return None
        if self._loggers is None:
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry.sdk._logs import LoggerProvider as SDKLoggerProvider

            exporter = OTLPLogExporter()
            self._exporters.append(exporter)
            self._loggers = SDKLoggerProvider(resource=self._resource(), shutdown_on_exit=False)
            self._loggers.add_log_record_processor(_record_processor(exporter))
        return self._loggers

    def export_metrics(self) -> None:
        """Have what the instruments hold collected and exported, where the meter provider is ours."""
        # While an export takes longer than the interval none is added to it: the next one tells all.
        if self._meters is not None and not self._senders["METRICS"].waiting:
            self._senders["METRICS"].submit(self._meters.force_flush)

    def flush(self, timeout: float) -> bool:
        """Export what is waiting; False if that took longer than `timeout` seconds."""
        if self._meters is not None:
            self._senders["METRICS"].submit(self._meters.force_flush)
        if self._loggers is not None:
            self._senders["LOGS"].submit(self._loggers.force_flush)
        return self._wait(timeout)

    def shutdown(self) -> None:
        """Export what is waiting, once, and end: no export is tried again, and none is waited for beyond `patience`."""
        meters, loggers, exporters = self._meters, self._loggers, self._exporters
        self._meters = self._loggers = None
        for exporter in exporters:
            _try_once(exporter)
        if meters is not None:
            self._senders["METRICS"].submit(meters.force_flush)
            self._senders["METRICS"].submit(meters.shutdown)
        if loggers is not None:
            self._senders["LOGS"].submit(loggers.shutdown)
        seconds = patience(self._environ)
        if not self._wait(seconds):
            say(
                _logger,
                logging.WARNING,
                "spancost: the OTLP endpoint did not answer for %g s at the end of the program; the last costs and "
                "events may not have arrived. See that OTEL_EXPORTER_OTLP_ENDPOINT is right and its backend is up",
                seconds,
            )

    def workers(self) -> Iterable[Worker]:
        """Return whoever exports."""
        return self._senders.values()

    def forget(self) -> None:
        """Leave the providers behind, as a forked child must leave its parent's."""
        self._meters: SDKMeterProvider | None = None
        self._loggers: SDKLoggerProvider | None = None
        self._exporters: list[object] = []
        for sender in self._senders.values():
            sender.forget()

    def _wait(self, timeout: float) -> bool:
        """Wait until each signal's exports are over; False if that took longer than `timeout` seconds in all."""
        until = monotonic() + timeout
        done = [sender.drain(max(until - monotonic(), 0)) for sender in self._senders.values()]
        return all(done)

    def _wanted(self, signal: str) -> bool:
        exporter = self._environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
        endpoint = self._environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or self._environ.get(
            "OTEL_EXPORTER_OTLP_ENDPOINT"
        )
        return bool(endpoint) and exporter in ("", "otlp") and signal not in self._broken


def _record_processor(exporter: LogRecordExporter) -> LogRecordProcessor:
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor

    try:
        return BatchLogRecordProcessor(exporter)
    except RuntimeError:
        # It has a thread, which Python refuses to a program that is ending; the few events left go one by one.
        return SimpleLogRecordProcessor(exporter)


def _try_once(exporter: object) -> None:
    """Have an exporter give up where it would wait to try again, and go on exporting.

    It waits on an event that its own `shutdown` sets, which would also keep it from exporting what is left. The event's
    name changes with version and signal; where none is found the end is still bounded, only later.
    """
    for holder in (exporter, getattr(exporter, "_client", None)):
        for name in ("_shutdown_event", "_shutdown_in_progress", "_shutdown_is_occuring"):
            event = getattr(holder, name, None)
            if isinstance(event, Event):
                event.set()
