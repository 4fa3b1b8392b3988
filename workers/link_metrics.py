"""A process's links for Prometheus, read when it asks (N-5)."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.link_states import LinkState

_FAMILIES: tuple[tuple[str, str, Callable[[LinkState], float]], ...] = (
    ("delivery_link_up", "Whether this process has a connection.", lambda state: state.is_up),
    ("delivery_link_in_use", "Calls or window slots in use.", lambda state: state.in_use),
    ("delivery_link_capacity", "Calls or window slots there are.", lambda state: state.capacity),
    (
        "delivery_link_throttled",
        "Whether the other side says not now.",
        lambda state: state.throttled_since is not None,
    ),
    (
        "delivery_link_receipts_pending",
        "Reports received and not acknowledged.",
        lambda state: state.receipts_pending,
    ),
)


class LinkCollector(Collector):
    """One sample for each link and figure, labelled with the link's name."""

    def __init__(self, states: Callable[[], Sequence[LinkState]]) -> None:
        self._states = states

    def collect(self) -> Iterator[Metric]:
        """Return the figures as they are now."""
        states = self._states()
        for name, meaning, figure in _FAMILIES:
            family = GaugeMetricFamily(name, meaning, labels=("link",))
            for state in states:
                family.add_metric((state.name,), float(figure(state)))
            yield family
