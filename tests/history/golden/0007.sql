INSERT INTO alert_events (event_id, "timestamp", alert_id, published_at_ms, body) VALUES ('e1', 1780000000.5, 'a1', 1780000001000, '{"alert_id":"a1","status":"firing"}');
INSERT INTO alert_events (event_id, "timestamp", alert_id, published_at_ms, body, suppressed_by) VALUES ('e2', 1780000060.5, 'a1', 1780000061000, '{"alert_id":"a1","status":"resolved"}', '["s1"]');
INSERT INTO alerts (alert_id, started_at, "timestamp", sequence, status, severity, config_id, owner, metric, labels, body, suppressed_by, incident_id) VALUES ('a1', 1780000000.5, 1780000060.5, 3, 'resolved', 'severe', 'load', 'payments', 'load', '{"env":"prod"}', '{"alert_id":"a1","status":"resolved"}', '["s1"]', 'i1');
INSERT INTO anomalies (anomaly_id, "timestamp", config_id, metric, labels, severity, body) VALUES ('n1', 1780000000.5, 'load', 'load', '{"env":"prod"}', 'severe', '{"metric":"load"}');
INSERT INTO config_versions (config_id, updated_at_ms, version, author, reason, owner, document) VALUES ('load', 1779999999000, 4, 'ann', 'less noise', 'payments', '{"metric":"load"}');
INSERT INTO configs (config_id, owner) VALUES ('load', 'payments');
INSERT INTO positions (topic, "partition", next_offset) VALUES ('anomaly-alerts', 0, 2);
INSERT INTO feedback (alert_id, given_at_ms, judgement, note, author, started_at, config_id, owner, metric, labels, detector, condition) VALUES ('a1', 1780000100000, 'false_alarm', 'a deployment', 'ann', 1780000000.5, 'load', 'payments', 'load', '{"env":"prod"}', 'auto', 'anomaly');
INSERT INTO alert_values (alert_id, event_id, timestamp, points, state) VALUES ('a1', 'e1', 1780000000.5, '[{"time":1779999940.5,"value":1.0},{"time":1780000000.5,"value":2.0}]', 'there');
