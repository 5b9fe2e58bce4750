"""``python -m tests.brokers [--port N]``: a broker in the foreground until Ctrl-C or SIGTERM.

``--fetch`` only fetches what Apache Kafka needs, so that a later test run has it at hand.
"""

import argparse
import signal
import sys
import threading

from tests.brokers.apache import check_java, fetch_kafka, kafka_version
from tests.brokers.broker import NoBrokerError
from tests.brokers.choice import start_broker


def main() -> int:
    """Parse the command line and run; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.brokers", description="A Kafka broker to work with."
    )
    parser.add_argument("--port", type=int, default=9092, help="port on 127.0.0.1 (default 9092)")
    parser.add_argument("--fetch", action="store_true", help="only fetch Apache Kafka's jars into the cache")
    arguments = parser.parse_args()
    try:
        return fetch() if arguments.fetch else serve(arguments.port)
    except NoBrokerError as error:
        print(error, file=sys.stderr)
        return 1


def fetch() -> int:
    """Fetch if Java and Maven are installed; else report that and succeed: another broker may exist."""
    try:
        check_java()
        fetch_kafka()
    except NoBrokerError as error:
        print(f"Apache Kafka {kafka_version()} from Maven cannot be had: {error}", file=sys.stderr)
    return 0


def serve(port: int) -> int:
    """Run a broker until a signal ends it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    broker, refused = start_broker(port)
    for line in refused:
        print(line, file=sys.stderr)
    print(f"{broker.description}\nKAFKA_BOOTSTRAP_SERVERS={broker.bootstrap}\nCtrl-C ends it.", flush=True)
    ended.wait()
    broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
