"""``python -m anomaly_stream``: the command line."""

from anomaly_stream.cli import main

if __name__ == "__main__":
    main()
