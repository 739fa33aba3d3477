"""For programs that set OpenTelemetry up themselves: a processor to add to a provider."""

from __future__ import annotations

import os

from spancost import lifetime
from spancost.config import is_off
from spancost.exporter import CostExporter
from spancost.faults import forget, guarded
from spancost.installation import setup_of
from spancost.processor import CostSpanProcessor as Facade

__all__ = ["CostSpanProcessor"]


class CostSpanProcessor(Facade):
    """Counts a provider's spans; for programs that set OpenTelemetry up themselves.

    Without an exporter it is one more facade of the process's own set-up, as `install()` makes it: a span that reaches
    several of them counts once. With an exporter it is apart from all that, with an engine of its own. Where everything
    is switched off it sees no span.
    """

    def __init__(self, exporter: CostExporter | None = None) -> None:
        self._apart: _Apart | None = None
        setup = None if exporter is not None else setup_of()
        if exporter is not None:
            super().__init__(exporter)
            off = False
        elif setup is not None:
            setup.expect_spans()
            super().__init__(setup.exporter, sinks=setup.more_sinks, way=setup.way)
            off = setup.config.disabled
        else:
            self.idle()
            return
        if off or is_off(os.environ):
            self.shutdown()
        elif exporter is not None:
            exporter.start()
            self._apart = _Apart(exporter)
            lifetime.follow(self._apart)

    @guarded("shutdown of a processor")
    def shutdown(self) -> None:
        """Detach from this provider; an exporter of the program's own that serves no other is shut down, too."""
        super().shutdown()
        apart, self._apart = self._apart, None
        if apart is not None:
            apart.leave()


class _Apart:
    """An exporter that a program made itself, followed through forks and to the exit."""

    def __init__(self, exporter: CostExporter) -> None:
        self._exporter = exporter

    def leave(self) -> None:
        """Follow it no more, and let it end where no processor hands anything to it."""
        lifetime.leave(self)
        if self._exporter.users == 0:
            self._exporter.end()

    def attach(self, provider: object) -> None:
        """Leave providers alone: the program says which is counted."""

    @guarded("exit of an exporter")
    def at_exit(self) -> None:
        self._exporter.shutdown()

    @guarded("before a fork of an exporter")
    def before_fork(self) -> None:
        self._exporter.pause()

    @guarded("fork in an exporter's parent")
    def after_fork_in_parent(self) -> None:
        self._exporter.resume()

    @guarded("fork of an exporter")
    def after_fork(self) -> None:
        forget()
        self._exporter.engine.forget()
        self._exporter.forget()

    def flush_providers(self) -> None:
        """Leave them to the program, too."""
