import re
import signal
import socket
import subprocess
import sys

import pytest
from confluent_kafka.admin import AdminClient


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_broker_serves_until_a_signal(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "anomaly_stream", "broker", "--port", "0"]
    broker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert broker.stdout is not None
        found = re.match(r"Listening on (127\.0\.0\.1:(\d+));", broker.stdout.readline())
        assert found
        assert AdminClient({"bootstrap.servers": found[1]}).list_topics(timeout=10).brokers
        broker.send_signal(ending)
        _, err = broker.communicate(timeout=20)
    finally:
        broker.kill()
    assert (broker.returncode, err) == (0, "")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(found[2])), 1.0)
