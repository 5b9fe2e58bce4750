"""The configuration API: an HTTP application on the configs topic (``apps/api.py`` builds and serves it)."""
