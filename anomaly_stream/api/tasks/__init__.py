"""Work that would block the event loop, in processes of its own: previews and loads of histories."""
