-- The scheduler's tables, small; and four tables that stand for PostgreSQL's own views, with the columns those really have.
CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL, created_by INTEGER, created_at TEXT NOT NULL);
CREATE TABLE task_run (id INTEGER PRIMARY KEY, task_id INTEGER, started_at TEXT NOT NULL, finished_at TEXT);
CREATE TABLE due_work (id INTEGER PRIMARY KEY, task_id INTEGER, run_at TEXT NOT NULL);
CREATE INDEX due_work_run_at ON due_work (run_at);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, actor_agent_id INTEGER, action TEXT NOT NULL, at TEXT NOT NULL);

INSERT INTO agent VALUES (1, 'system'), (2, 'morning-briefing');
INSERT INTO task VALUES
  (1, 'Weather for the briefing', 2, datetime('now', '-3 days')), (2, 'Clean up old runs', 1, datetime('now', '-2 days'));
INSERT INTO task_run VALUES
  (1, 1, datetime('now', '-2 hours'), datetime('now', '-119 minutes')),
  (2, 2, datetime('now', '-1 hours'), datetime('now', '-58 minutes'));
INSERT INTO due_work VALUES (1, 1, datetime('now', '+22 hours')), (2, 2, datetime('now', '+23 hours'));
INSERT INTO audit_log VALUES
  (1, 2, 'task.created', datetime('now', '-3 days')), (2, 1, 'task.run', datetime('now', '-1 hours'));

CREATE TABLE pg_roles (rolname TEXT, rolsuper INTEGER, rolcanlogin INTEGER);
INSERT INTO pg_roles VALUES ('postgres', 1, 1), ('orchestrator', 0, 1), ('pg_monitor', 0, 0);
CREATE TABLE pg_settings (name TEXT, setting TEXT);
INSERT INTO pg_settings VALUES ('max_connections', '100'), ('shared_buffers', '16384');
CREATE TABLE pg_stat_activity (pid INTEGER, datname TEXT);
INSERT INTO pg_stat_activity VALUES (101, 'orchestrator'), (102, 'orchestrator'), (103, 'postgres');
-- total_bytes is what pg_total_relation_size(relid) tells there.
CREATE TABLE pg_stat_user_tables (
  relid INTEGER, schemaname TEXT, relname TEXT, n_tup_ins INTEGER, n_tup_upd INTEGER, n_tup_del INTEGER, total_bytes INTEGER
);
INSERT INTO pg_stat_user_tables VALUES
  (1, 'public', 'agent', 2, 0, 0, 16384), (2, 'public', 'task', 420, 12, 0, 1048576),
  (3, 'public', 'task_run', 51200, 51200, 0, 94371840), (4, 'public', 'due_work', 51202, 0, 51200, 8388608),
  (5, 'public', 'audit_log', 52000, 0, 0, 62914560);
CREATE TABLE pg_stat_user_indexes (schemaname TEXT, relname TEXT, indexrelname TEXT, idx_tup_read INTEGER, idx_tup_fetch INTEGER);
INSERT INTO pg_stat_user_indexes VALUES ('public', 'due_work', 'due_work_run_at', 51202, 51200);
