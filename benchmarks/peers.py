"""The neighbours' tracing set-ups, each as its users make it, exporting to nowhere.

A builder raises ImportError where its package is not installed.
"""

# Their packages are there only in the benchmarks' own environment, and some are untyped.
# pyright: reportMissingImports=false, reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from importlib.metadata import version
from typing import cast

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from benchmarks.cases import TRACER_NAME, Builder, Case, CountingExporter


def traceloop() -> Case:
    """Build Traceloop's processor, a batch processor that copies its context onto spans as they start."""
    from traceloop.sdk import Traceloop

    provider, exporter = TracerProvider(), CountingExporter()
    provider.add_span_processor(Traceloop.get_default_span_processor(exporter=exporter))
    label = f"traceloop-sdk {version('traceloop-sdk')}"
    return Case("Traceloop", label, provider.get_tracer(TRACER_NAME), provider.force_flush, exporter)


def openinference() -> Case:
    """Build OpenInference's provider, whose tracer wraps every span to mask its attributes."""
    from openinference.instrumentation import TracerProvider as MaskingProvider

    provider, exporter = MaskingProvider(), CountingExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    label = f"openinference-instrumentation {version('openinference-instrumentation')}"
    tracer = cast("Tracer", provider.get_tracer(TRACER_NAME))  # a proxy of one
    return Case("OpenInference", label, tracer, provider.force_flush, exporter)


def langfuse() -> Case:
    """Build Langfuse's processor, a batch processor that exports model and agent spans and drops plain ones."""
    from langfuse._client.span_processor import LangfuseSpanProcessor

    provider, exporter = TracerProvider(), CountingExporter()
    provider.add_span_processor(
        LangfuseSpanProcessor(
            public_key="pk-lf-none", secret_key="none", base_url="http://127.0.0.1:9", span_exporter=exporter
        )
    )
    label = f"langfuse {version('langfuse')}"
    return Case("Langfuse", label, provider.get_tracer(TRACER_NAME), provider.force_flush, exporter)


def logfire() -> Case:
    """Build Logfire's provider, whose tracer wraps every span, apart from the process's global one."""
    import logfire

    exporter = CountingExporter()
    instance = logfire.configure(
        local=True,
        send_to_logfire=False,
        console=False,
        additional_span_processors=[BatchSpanProcessor(exporter)],
    )
    provider = instance.config.get_tracer_provider()
    label = f"logfire {version('logfire')}"
    return Case("Logfire", label, provider.get_tracer(TRACER_NAME), provider.force_flush, exporter)


PEERS: dict[str, Builder] = {
    "Traceloop": traceloop,
    "OpenInference": openinference,
    "Langfuse": langfuse,
    "Logfire": logfire,
}
