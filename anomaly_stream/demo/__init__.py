"""The demo: real and simulated metrics through an embedded broker and a worker, watched live."""
