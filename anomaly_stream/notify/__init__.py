"""Notifications: from alert events to messages, and from messages to receivers."""
