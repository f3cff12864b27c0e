-- What one run of the document's script leaves in production: fifty tasks and a line of the audit log. Nothing takes it back.
INSERT INTO task (title, created_by, created_at)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
  SELECT 'Load Test Task ' || i, 1, datetime('now') FROM n;
INSERT INTO audit_log (actor_agent_id, action, at) VALUES (1, 'test_action', datetime('now'));
