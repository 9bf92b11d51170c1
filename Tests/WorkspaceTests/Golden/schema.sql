CREATE TABLE connection_tests (
  connection TEXT NOT NULL, tested_at TEXT NOT NULL, succeeded INTEGER NOT NULL, report TEXT NOT NULL);
CREATE INDEX connection_tests_by_name ON connection_tests (connection, tested_at);
CREATE TABLE "cursors" (
  pipeline TEXT NOT NULL, step TEXT NOT NULL, write_step TEXT NOT NULL, value TEXT, is_forced INTEGER NOT NULL, run TEXT,
  updated_at TEXT NOT NULL, PRIMARY KEY (pipeline, step, write_step)) WITHOUT ROWID;
CREATE TABLE decisions (
  pipeline TEXT NOT NULL, step TEXT NOT NULL, field TEXT NOT NULL, choice TEXT NOT NULL, target TEXT, run TEXT, decided_at TEXT NOT NULL,
  PRIMARY KEY (pipeline, step, field)) WITHOUT ROWID;
CREATE TABLE feeds (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, batch TEXT NOT NULL, letters TEXT NOT NULL, fed_by TEXT NOT NULL,
  is_done INTEGER NOT NULL, PRIMARY KEY (run, batch)) WITHOUT ROWID;
CREATE TABLE findings (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, kind TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (run, kind, position)) WITHOUT ROWID;
CREATE TABLE owners (pipeline TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pauses (run TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE, request TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
  id TEXT PRIMARY KEY, pipeline_id TEXT NOT NULL, pipeline TEXT NOT NULL, file TEXT, version TEXT NOT NULL,
  status TEXT NOT NULL, "trigger" TEXT NOT NULL, parameters TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
  progress INTEGER NOT NULL, current_task TEXT, rows_processed INTEGER NOT NULL, rows_failed INTEGER NOT NULL,
  duration_seconds REAL NOT NULL, peak_memory_bytes INTEGER, problems TEXT NOT NULL, process TEXT, logical_time TEXT, resumes TEXT, sealed_parameters TEXT, feeds TEXT, pause_reason TEXT);
CREATE INDEX runs_pipeline ON runs (pipeline_id, started_at);
CREATE INDEX runs_started ON runs (started_at);
CREATE INDEX runs_status ON runs (status);
CREATE TABLE steps (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, step TEXT NOT NULL, kind TEXT NOT NULL,
  status TEXT NOT NULL, "rows" INTEGER, bytes INTEGER, duration_seconds REAL, attempts INTEGER NOT NULL, problem TEXT,
  PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE versions (
  hash TEXT PRIMARY KEY, pipeline TEXT NOT NULL, file TEXT, text TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX versions_pipeline ON versions (pipeline, created_at);
