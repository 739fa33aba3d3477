"""Programs that set OpenTelemetry up themselves, each in a process of its own: nothing counts twice, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver
from sdk_program import call

import spancost

pytestmark = pytest.mark.sdk

_PRICES = '[[price]]\nmodel = "gpt-5.2"\ninput = "1000"\noutput = "0"\n'

_START = """
import os
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
import spancost

def call(tokens, response_id=""):
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5.2",
                  "gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 0}
    with tracer.start_as_current_span("chat gpt-5.2", attributes=attributes):
        pass

agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
"""


def _run(code: str, receiver: Receiver, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    prices = folder / "spancost.toml"
    prices.write_text(_PRICES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_"))}
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "SPANCOST_CONFIG": str(prices)}
    return subprocess.run(
        [sys.executable, "-c", _START + code],
        env=kept | endpoint | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("before", ["", "spancost.install()\n"], ids=["processor alone", "install and processor"])
def test_a_processor_of_one_s_own_shares_the_process_s_engine(before: str, receiver: Receiver, tmp_path: Path) -> None:
    """With `current_cost`, `record_call` or `install` beside it, each call counts once and each threshold is told once."""
    done = _run(
        before
        + """
provider.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
with tracer.start_as_current_span("invoke_agent a", attributes=agent):
    call(100)
    print(spancost.current_cost())
    spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 100, "output": 0})
    call(100)
    print(spancost.current_cost())
""",
        receiver,
        tmp_path,
        SPANCOST_BUDGETS="agent=0.3/day",
        SPANCOST_CONSOLE="summary",
    )
    assert (0, "0.1\n0.3\n") == (done.returncode, done.stdout), done.stderr
    assert "spancost: $0.3000, priced 3 of 3 calls\n" == done.stderr
    (owner,) = [span for span in receiver.spans() if span.name == "invoke_agent a"]
    assert (0.3, 3) == (owner.attributes["spancost.cost.total"], owner.attributes["spancost.calls.total"])
    calls = [span for span in receiver.spans() if span.name.startswith("chat")]
    assert [0.1] * 3 == [span.attributes["gen_ai.usage.cost.amount"] for span in calls]
    assert not [span for span in calls if "spancost.cost.computed" in span.attributes]
    assert 3 == sum(len(span.events) for span in calls) == len(receiver.records())
    # No provider of metrics was set: they left by a way of our own, at the exit.
    assert 0.3 == max(point.value for point in receiver.points() if point.metric == "spancost.cost")


def test_a_forked_child_of_such_a_program_counts_its_own_money(receiver: Receiver, tmp_path: Path) -> None:
    """The child's counters hold what the child spent, under a scope of its own; the parent's hold the parent's."""
    done = _run(
        """
provider.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
call(100)
child = os.fork()
call(10 if child == 0 else 1)
if child:
    assert 0 == os.waitpid(child, 0)[1]
""",
        receiver,
        tmp_path,
    )
    assert 0 == done.returncode, done.stderr
    points = [point for point in receiver.points() if point.metric == "spancost.cost"]
    by_process: dict[object, float] = {}
    for point in points:
        process = point.scope_attributes.get("process.pid")
        by_process[process] = max(point.value, by_process.get(process, 0.0))
    assert [0.01, 0.101] == sorted(by_process.values())


def test_a_call_that_a_fork_ends_in_both_processes_is_counted_by_the_parent_alone(
    receiver: Receiver, tmp_path: Path
) -> None:
    """A child that unwinds its stack ends the spans that were open at the fork once more, under the same ids."""
    done = _run(
        """
provider.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
used = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2", "gen_ai.usage.input_tokens": 100}
with tracer.start_as_current_span("invoke_agent a", attributes=agent):
    with tracer.start_as_current_span("chat gpt-5.2", attributes=used):
        child = os.fork()
    call(10 if child == 0 else 1)
if child:
    assert 0 == os.waitpid(child, 0)[1]
print(spancost.current_cost(), flush=True)
""",
        receiver,
        tmp_path,
    )
    assert (0, ["0.01", "0.101"]) == (done.returncode, sorted(done.stdout.splitlines())), done.stderr
    assert 0.111 == sum(span.attributes.get("gen_ai.usage.cost.amount", 0) for span in receiver.spans())


@pytest.mark.parametrize("exporter", ["", "spancost.CostExporter()"], ids=["shared", "apart"])
def test_a_forked_child_counts_its_own_faults(exporter: str, receiver: Receiver, tmp_path: Path) -> None:
    """Its parent goes on telling of the parent's: an inherited count would be told twice."""
    done = _run(
        f"""
from spancost.faults import faults, swallow
provider.add_span_processor(spancost.CostSpanProcessor({exporter}))
swallow("on_end", ValueError())
child = os.fork()
if child:
    assert 0 == os.waitpid(child, 0)[1]
print(dict(faults), flush=True)
""",
        receiver,
        tmp_path,
    )
    assert (0, ["{}", "{'on_end': 1}"]) == (done.returncode, done.stdout.splitlines()), done.stderr


_WATCHED = """
import sys, threading
started = []
start = threading.Thread.start

def watched(thread):
    if threading.current_thread() is threading.main_thread():
        started.append(thread.name)
    start(thread)

def ours():
    return [thread.name for thread in threading.enumerate() if thread.name == "spancost"]

def fork():
    child = os.fork()
    if child:
        assert 0 == os.waitpid(child, 0)[1]

sys.stdout.reconfigure(line_buffering=True)
threading.Thread.start = watched
import spancost.installation
print(ours())
"""


@pytest.mark.parametrize("exporter", ["", "spancost.CostExporter()"], ids=["shared", "apart"])
def test_no_span_starts_a_thread(exporter: str, receiver: Receiver, tmp_path: Path) -> None:
    """The worker is there before the first span, in a forked child too; what spans tell starts none."""
    done = _run(
        _WATCHED
        + f"""
provider.add_span_processor(spancost.CostSpanProcessor({exporter}))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
print(ours())
fork()
print(ours())
started.clear()
with tracer.start_as_current_span("invoke_agent a", attributes=agent):
    call(100)
print(started)
""",
        receiver,
        tmp_path,
        SPANCOST_BUDGETS="agent=0.01/day",
    )
    expected = ["[]", "['spancost']", "['spancost']", "[]", "['spancost']", "[]"]
    assert (0, expected) == (done.returncode, done.stdout.splitlines()), done.stderr


@pytest.mark.parametrize("variable", ["SPANCOST_DISABLED", "OTEL_SDK_DISABLED"])
def test_switched_off_there_is_no_thread(variable: str, receiver: Receiver, tmp_path: Path) -> None:
    """Neither install nor a processor nor a fork starts one."""
    done = _run(
        _WATCHED
        + """
spancost.install()
provider.add_span_processor(spancost.CostSpanProcessor())
fork()
print("spancost" in started, ours())
""",
        receiver,
        tmp_path,
        **{variable: "true"},
    )
    assert (0, ["[]", "False []", "False []"]) == (done.returncode, done.stdout.splitlines()), done.stderr


@pytest.mark.parametrize("usage", ["None", "{'input': 'many', 'output': True}"])
@pytest.mark.parametrize("cost", ["Decimal('NaN')", "-5", "float('inf')", "'abc'", "10**400", "True"])
def test_record_call_neither_raises_nor_writes_impossible_money(
    usage: str, cost: str, receiver: Receiver, tmp_path: Path
) -> None:
    """Whatever a program forwards, the call is counted, unpriced, and the program goes on."""
    done = _run(
        f"""
from decimal import Decimal
provider.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(provider)
spancost.record_call(provider="openai", model="gpt-5.2", usage={usage}, cost={cost})
print("goes on")
""",
        receiver,
        tmp_path,
    )
    assert (0, "goes on\n") == (done.returncode, done.stdout), done.stderr
    (span,) = receiver.spans()
    assert "gen_ai.usage.cost.amount" not in span.attributes
    assert "unpriced" == span.attributes["spancost.pricing.status"]


def test_a_call_without_a_span_is_attributed_to_the_resource(receiver: Receiver, tmp_path: Path) -> None:
    """Where the sampler drops the span of `record_call`, its team is still the resource's."""
    done = _run(
        """
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.sdk.resources import Resource
off = TracerProvider(sampler=ALWAYS_OFF, resource=Resource({"spancost.team": "search"}))
off.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(off)
spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 100, "output": 0})
""",
        receiver,
        tmp_path,
        SPANCOST_BUDGETS="team=1/day",
    )
    assert 0 == done.returncode, done.stderr
    usage = {
        point.attributes["spancost.budget.value"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.budget.usage"
    }
    assert {"search": 0.1} == usage


def test_each_problem_of_a_file_is_one_error(receiver: Receiver, tmp_path: Path) -> None:
    """File, line, key and remedy stand in one ERROR a problem; what follows from them all is a warning beside them."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[budget]]\nscope = "team"\nlimit = "much"\nwindow = "day"\n\n[[prices]]\nmodel = "gpt-5.2"\n')
    done = _run(
        """
import logging
logging.basicConfig(format="%(levelname)s %(message)s")
spancost.install()
""",
        receiver,
        tmp_path,
        SPANCOST_CONFIG=str(wrong),
    )
    told = [line.split(" ", 1) for line in done.stderr.splitlines()]
    assert ["ERROR", "ERROR", "WARNING"] == [level for level, _ in told][:3], done.stderr
    assert "ERROR" not in [level for level, _ in told[3:]]
    # It sets no logs up: the events leave by a way of our own.
    assert 2 * ["spancost.config.error"] == [record.event_name for record in receiver.records()]
    for (_, line), words in zip(
        told, (("'much'", "limit", "(line 3)"), ("prices", "write price", "(line 6)")), strict=False
    ):
        assert all(word in line for word in (str(wrong), *words)), line
    assert "spancost: no budget is watched until this is corrected; costs are tracked" == told[2][1]


def test_switching_off_and_on_leaves_one_processor(receiver: Receiver, tmp_path: Path) -> None:
    """A provider lets no processor go: each cycle would make every span dearer."""
    done = _run(
        """
from spancost.auto import SpancostInstrumentor
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
for _ in range(50):
    SpancostInstrumentor().instrument()
    call(1)
    SpancostInstrumentor().uninstrument()
    call(1)
SpancostInstrumentor().instrument()
call(1)
print(len(provider._active_span_processor._span_processors), spancost.current_cost())
""",
        receiver,
        tmp_path,
    )
    assert (0, "2 0.051\n") == (done.returncode, done.stdout), done.stderr


@pytest.mark.parametrize("door", ["spancost.install()", "spancost.current_cost()", "spancost.CostSpanProcessor()"])
def test_threads_that_come_first_at_once_share_one_set_up(door: str, receiver: Receiver, tmp_path: Path) -> None:
    """Whoever opens which door: one processor a provider, one engine, each threshold told once."""
    done = _run(
        f"""
import sys, threading
sys.setswitchinterval(1e-6)
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
gate = threading.Barrier(8)
def enter():
    gate.wait()
    {door}
threads = [threading.Thread(target=enter) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
from spancost import lifetime
assert 1 == len(lifetime._followed)
call(100)
print(spancost.current_cost())
""",
        receiver,
        tmp_path,
        SPANCOST_BUDGETS="user=0.01/day",
        SPANCOST_CONSOLE="summary",
    )
    assert (0, "0.1\n") == (done.returncode, done.stdout), done.stderr
    assert 1 == done.stderr.count("priced 1 of 1 calls")
    assert 3 == len(receiver.records())
    assert [3] == [len(span.events) for span in receiver.spans()]


def test_a_strict_start_is_refused_to_each_thread_that_asks(receiver: Receiver, tmp_path: Path) -> None:
    """Of threads that install at once with a wrong budget none goes on with a set-up."""
    done = _run(
        """
import sys, threading
sys.setswitchinterval(1e-6)
gate = threading.Barrier(8)
ended = []
def enter():
    gate.wait()
    try: spancost.install()
    except SystemExit as stop: ended.append(stop.code)
threads = [threading.Thread(target=enter) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(ended)
""",
        receiver,
        tmp_path,
        SPANCOST_STRICT="true",
        SPANCOST_BUDGETS="team=abc/day",
    )
    assert (0, f"{[78] * 8}\n") == (done.returncode, done.stdout), done.stderr


def test_a_call_told_while_another_thread_installs_counts_once(receiver: Receiver, tmp_path: Path) -> None:
    """Its span may have started before a processor of ours was there, and end after."""
    done = _run(
        """
import threading
from spancost import installation
from spancost.setup import Setup
trace.set_tracer_provider(provider)
attach, gate = Setup.attach, threading.Event()
opened = threading.Event()
def late(self, provider):
    gate.wait(10)
    attach(self, provider)
Setup.attach = late
declare = Setup.declare
def early(self, told, context):
    found = declare(self, told, context)
    gate.set()
    first.join(10)
    return found
Setup.declare = early
first = threading.Thread(target=spancost.install)
first.start()
while installation._setup is None: pass
spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 100, "output": 0})
print(installation._setup.engine.spent.calls, spancost.current_cost())
""",
        receiver,
        tmp_path,
    )
    assert (0, "1 0.1\n") == (done.returncode, done.stdout), done.stderr


def test_metrics_that_are_collected_after_the_spans_are_whole(receiver: Receiver) -> None:
    """A program may shut its tracer provider down first: its meter provider has what was counted until then."""
    for again in (False, True):
        receiver.clear()
        exporter = OTLPMetricExporter(f"{receiver.endpoint}/v1/metrics")
        metrics = MeterProvider([PeriodicExportingMetricReader(exporter, 3_600_000)], shutdown_on_exit=False)
        tracing = TracerProvider(shutdown_on_exit=False)
        costs = spancost.CostExporter(meter_provider=metrics)
        tracing.add_span_processor(spancost.CostSpanProcessor(costs))
        call(tracing.get_tracer("program"))
        if again:
            metrics.force_flush()
            call(tracing.get_tracer("program"))
        tracing.shutdown()
        if again:
            other = TracerProvider(shutdown_on_exit=False)
            other.add_span_processor(spancost.CostSpanProcessor(costs))
            call(other.get_tracer("program"))
            other.shutdown()
        metrics.shutdown()
        calls = [point.value for point in receiver.points() if point.metric == "spancost.calls"]
        assert (3 if again else 1) == calls[-1]


def test_an_exporter_of_the_programs_own_goes_with_its_last_provider(receiver: Receiver, tmp_path: Path) -> None:
    """A program that makes a provider for each tenant keeps none of their threads, exporters or exit handlers."""
    done = _run(
        """
import gc, threading, weakref
from spancost import lifetime
trace.set_tracer_provider(provider)
exporters = []
for _ in range(20):
    exporter = spancost.CostExporter()
    one, other = TracerProvider(), TracerProvider()
    for each in (one, other):
        each.add_span_processor(spancost.CostSpanProcessor(exporter))
        tracer = each.get_tracer("program")
        call(1)
    one.shutdown()
    tracer = other.get_tracer("program")
    call(1)
    assert 3 == exporter.engine.spent.calls
    other.shutdown()
    exporters.append(weakref.ref(exporter))
del exporter, one, other, each, tracer
for thread in threading.enumerate():
    if thread.name.startswith("spancost"): thread.join(5)
gc.collect()
print(len(lifetime._followed), sum(each() is not None for each in exporters))
print([thread.name for thread in threading.enumerate() if thread.name.startswith("spancost")])
""",
        receiver,
        tmp_path,
    )
    assert (0, "0 0\n[]\n") == (done.returncode, done.stdout), done.stderr
    assert 60 == sum(
        point.value for point in receiver.points() if point.metric == "spancost.calls" and point.value == 3
    )


@pytest.mark.parametrize("when", ["", "spancost.flush()", "call(1)"], ids=["at the exit", "flushed", "with a call"])
def test_a_wrong_setting_is_told_where_logs_go_in_the_end(when: str, receiver: Receiver, tmp_path: Path) -> None:
    """A logger provider that the program sets after us has the event, once; none of our own is made beside it."""
    done = _run(
        f"""
spancost.install()
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
from opentelemetry import _logs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk.resources import Resource
logs = LoggerProvider(Resource.create({{"service.name": "its own"}}))
logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
_logs.set_logger_provider(logs)
{when}
""",
        receiver,
        tmp_path,
        SPANCOST_BUDGETS="team=abc/day",
    )
    assert 0 == done.returncode, done.stderr
    (record,) = receiver.records()
    assert ("spancost.config.error", "its own") == (record.event_name, record.resource["service.name"])


@pytest.mark.parametrize(
    "broken", ["opentelemetry/exporter/otlp/proto/http/metric_exporter", "spancost/pricing/snapshot"]
)
def test_what_is_broken_around_us_stops_no_program(broken: str, receiver: Receiver, tmp_path: Path) -> None:
    """Where an exporter can't be imported, or prices can't be read, every door opens and the program goes on."""
    done = _run(
        f"""
import sys, importlib.abc
class Broken(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {broken.replace("/", ".")!r}:
            raise RuntimeError("broken")
sys.meta_path.insert(0, Broken())
from spancost.pricing import PriceBook
if {broken.startswith("spancost")}:
    def load(book): raise RuntimeError("broken")
    PriceBook.load = load
spancost.install()
provider.add_span_processor(spancost.CostSpanProcessor())
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("program")
call(1)
spancost.record_call(provider="openai", model="gpt-5.2", usage=None)
try:
    spancost.CostExporter()
except RuntimeError:
    assert {broken.startswith("spancost")}
print(spancost.current_cost(), spancost.flush())
""",
        receiver,
        tmp_path,
    )
    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("0")
    assert 1 == done.stderr.count("failed with RuntimeError"), done.stderr
    assert ["chat gpt-5.2"] <= [span.name for span in receiver.spans()]


@pytest.mark.parametrize(
    ("sampler", "warnings"),
    [
        (None, 0),
        ("always_on", 0),
        ("parentbased_always_on", 0),
        ("traceidratio", 1),
        ("parentbased_traceidratio", 1),
        ("always_off", 1),
    ],
)
def test_a_sampler_that_drops_spans_is_one_warning(
    receiver: Receiver, tmp_path: Path, sampler: str | None, warnings: int
) -> None:
    """What it drops is not seen, so it is not counted: that must not pass in silence, nor be said of every provider."""
    told = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": "0.5"} if sampler else {}
    finished = _run(
        "spancost.install()\ntrace.set_tracer_provider(provider)\nTracerProvider()", receiver, tmp_path, **told
    )
    assert 0 == finished.returncode
    assert warnings == finished.stderr.count("not counted, and budgets do not hold")


_DROPPED = """
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased
import logging
def recorded(provider):
    return provider.get_tracer("now").start_span("plain", attributes={"http.route": "/"}).is_recording()
"""


def test_what_every_provider_drops_is_counted_where_that_is_asked_for(receiver: Receiver, tmp_path: Path) -> None:
    """Set up before or after us, with tracers made before or after, by code or by the environment; and no warning."""
    finished = _run(
        _DROPPED
        + """
provider.sampler = ALWAYS_OFF
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("before")
call(1)
spancost.install()
later = TracerProvider()
for tracer in (tracer, trace.get_tracer("after"), later.get_tracer("later")):
    call(100)
own = TracerProvider(sampler=spancost.CostSampler(ALWAYS_OFF))
print(provider.sampler.get_description(), later.sampler.get_description(), own.sampler.get_description())
""",
        receiver,
        tmp_path,
        SPANCOST_SAMPLER="all",
        OTEL_TRACES_SAMPLER="traceidratio",
        OTEL_TRACES_SAMPLER_ARG="0",
    )
    assert (0, "") == (finished.returncode, finished.stderr)
    described = "CostSampler{all, AlwaysOffSampler} CostSampler{all, TraceIdRatioBased{0.0}}"
    assert f"{described} CostSampler{{subtree, AlwaysOffSampler}}\n" == finished.stdout
    assert [] == receiver.spans()
    assert {"spancost.calls": 3, "spancost.cost": 0.3} == {
        point.metric: point.value for point in receiver.points() if point.metric in ("spancost.calls", "spancost.cost")
    }


def test_uninstalled_a_sampler_decides_as_the_one_inside(receiver: Receiver, tmp_path: Path) -> None:
    """Until the next install, for providers made meanwhile, too; it is put on once however often that comes."""
    finished = _run(
        _DROPPED
        + """
from spancost.installation import uninstall
provider.sampler = ALWAYS_OFF
trace.set_tracer_provider(provider)
said = [recorded(provider)]
for switch in (spancost.install, spancost.install, uninstall, uninstall, spancost.install):
    switch()
    said.append(recorded(provider))
    made = TracerProvider(sampler=ALWAYS_OFF)
    said.append(recorded(made))
uninstall()
made = TracerProvider(sampler=ALWAYS_OFF)
said.append(recorded(made))
spancost.install()
said.append(recorded(made))
print(*map(int, said), provider.sampler.get_description())
""",
        receiver,
        tmp_path,
        SPANCOST_SAMPLER="all",
    )
    assert (0, "") == (finished.returncode, finished.stderr)
    assert "0 1 1 1 1 0 0 0 0 1 1 0 1 CostSampler{all, AlwaysOffSampler}\n" == finished.stdout


def test_uninstalled_a_sampler_of_the_program_s_own_decides_as_the_one_inside(
    receiver: Receiver, tmp_path: Path
) -> None:
    """So does one that a provider has which is made meanwhile; it is the program's that it stays where it is."""
    finished = _run(
        _DROPPED
        + """
from spancost.installation import uninstall
provider.sampler = spancost.CostSampler(ALWAYS_OFF, "all")
trace.set_tracer_provider(provider)
spancost.install()
said = [recorded(provider)]
uninstall()
made = TracerProvider(sampler=spancost.CostSampler(ALWAYS_OFF, "all"))
said += [recorded(provider), recorded(made)]
spancost.install()
said += [recorded(provider), recorded(made)]
print(*map(int, said), made.sampler.get_description())
""",
        receiver,
        tmp_path,
    )
    assert (0, "") == (finished.returncode, finished.stderr)
    assert "1 0 0 1 1 CostSampler{all, AlwaysOffSampler}\n" == finished.stdout


def test_what_a_process_hands_itself_lies_below_its_own_spans(receiver: Receiver, tmp_path: Path) -> None:
    """A queue's message, or a request to oneself: the spans between are recorded, and the call is its agent's."""
    code = (
        _DROPPED
        + """
from opentelemetry import context, propagate
provider.sampler = ALWAYS_OFF
trace.set_tracer_provider(provider)
spancost.install()
tracer = trace.get_tracer("program")
sent = {}
with tracer.start_as_current_span("invoke_agent a", attributes={**agent, "user.id": "ada"}):
    propagate.inject(sent)
    handed = propagate.extract(sent, context.Context())
    with tracer.start_as_current_span("process", handed, attributes={"messaging.system": "kafka"}):
        call(100)
strange = propagate.extract({"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-00"}, context.Context())
print(tracer.start_span("process", strange, attributes={"messaging.system": "kafka"}).is_recording())
"""
    )
    finished = _run(code, receiver, tmp_path, SPANCOST_SAMPLER="subtree", SPANCOST_DIMENSIONS="user")
    assert (0, "") == (finished.returncode, finished.stderr)
    (counted,) = [point for point in receiver.points() if point.metric == "spancost.calls"]
    assert ("a", "ada") == (counted.attributes["gen_ai.agent.name"], counted.attributes["user.id"])
    assert "False\n" == finished.stdout


def test_a_sampler_inside_another_is_still_a_warning(receiver: Receiver, tmp_path: Path) -> None:
    """There it isn't asked of what is below a dropped span; around that one ours helps, and the warning names it."""
    code = (
        _DROPPED
        + "from opentelemetry.sdk.trace.sampling import ParentBased\n"
        + "provider.sampler = ParentBased(spancost.CostSampler(ALWAYS_OFF))\n"
        + "trace.set_tracer_provider(provider)\nspancost.install()\n"
    )
    warned = _run(code, receiver, tmp_path)
    assert 1 == warned.stderr.count("Set SPANCOST_SAMPLER=subtree")
    assert "" == _run(code, receiver, tmp_path, SPANCOST_SAMPLER="subtree").stderr


@pytest.mark.parametrize("switch", ["SPANCOST_DISABLED", "OTEL_SDK_DISABLED"])
def test_what_is_off_puts_no_sampler_on(switch: str, receiver: Receiver, tmp_path: Path) -> None:
    """Nobody would count what it records."""
    code = "trace.set_tracer_provider(provider)\nspancost.install()\nprint(type(provider.sampler).__name__)"
    finished = _run(code, receiver, tmp_path, SPANCOST_SAMPLER="all", **{switch: "true"})
    assert ("ParentBased\n", "") == (finished.stdout, finished.stderr)
