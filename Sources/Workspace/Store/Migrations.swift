import GRDB

/// The schema of the workspace's memory, as the steps that lead to it. Append only; `schema.sql` shows the result.
enum Migrations {
  static var all: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("0001 runs, versions, state") { try $0.execute(sql: runs) }
    migrator.registerMigration("0002 what a replay needs") {
      try $0.execute(sql: "ALTER TABLE runs ADD COLUMN logical_time TEXT; ALTER TABLE runs ADD COLUMN resumes TEXT;")
    }
    migrator.registerMigration("0003 sealed parameters, dead letters fed in again") {
      try $0.execute(
        sql: """
          ALTER TABLE runs ADD COLUMN sealed_parameters TEXT;
          ALTER TABLE runs ADD COLUMN feeds TEXT;
          CREATE TABLE feeds (
            run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, batch TEXT NOT NULL, letters TEXT NOT NULL, fed_by TEXT NOT NULL,
            is_done INTEGER NOT NULL, PRIMARY KEY (run, batch)) WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("0004 a cursor for each write") { try $0.execute(sql: cursors) }
    migrator.registerMigration("0005 paused runs, decisions") { try $0.execute(sql: pauses) }
    migrator.registerMigration("0006 the file behind a pipeline's cursors") {
      try $0.execute(sql: "CREATE TABLE owners (pipeline TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;")
    }
    return migrator
  }

  /// `request` is what a paused run was asked to do, encrypted. Decisions hold for the runs of a pipeline to come.
  private static let pauses = """
    ALTER TABLE runs ADD COLUMN pause_reason TEXT;
    CREATE TABLE pauses (run TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE, request TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE decisions (
      pipeline TEXT NOT NULL, step TEXT NOT NULL, field TEXT NOT NULL, choice TEXT NOT NULL, target TEXT, run TEXT, decided_at TEXT NOT NULL,
      PRIMARY KEY (pipeline, step, field)) WITHOUT ROWID;
    """

  /// `write_step` is empty for what holds for all writes; `step` too, for all reads. No value = cleared by a person.
  private static let cursors = """
    CREATE TABLE cursors_of_writes (
      pipeline TEXT NOT NULL, step TEXT NOT NULL, write_step TEXT NOT NULL, value TEXT, is_forced INTEGER NOT NULL, run TEXT,
      updated_at TEXT NOT NULL, PRIMARY KEY (pipeline, step, write_step)) WITHOUT ROWID;
    INSERT INTO cursors_of_writes SELECT pipeline, step, '', value, is_forced, run, updated_at FROM cursors;
    DROP TABLE cursors;
    ALTER TABLE cursors_of_writes RENAME TO cursors;
    """

  private static let runs = """
    CREATE TABLE versions (
      hash TEXT PRIMARY KEY, pipeline TEXT NOT NULL, file TEXT, text TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE INDEX versions_pipeline ON versions (pipeline, created_at);
    CREATE TABLE runs (
      id TEXT PRIMARY KEY, pipeline_id TEXT NOT NULL, pipeline TEXT NOT NULL, file TEXT, version TEXT NOT NULL,
      status TEXT NOT NULL, "trigger" TEXT NOT NULL, parameters TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
      progress INTEGER NOT NULL, current_task TEXT, rows_processed INTEGER NOT NULL, rows_failed INTEGER NOT NULL,
      duration_seconds REAL NOT NULL, peak_memory_bytes INTEGER, problems TEXT NOT NULL, process TEXT);
    CREATE INDEX runs_started ON runs (started_at);
    CREATE INDEX runs_pipeline ON runs (pipeline_id, started_at);
    CREATE INDEX runs_status ON runs (status);
    CREATE TABLE steps (
      run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, step TEXT NOT NULL, kind TEXT NOT NULL,
      status TEXT NOT NULL, "rows" INTEGER, bytes INTEGER, duration_seconds REAL, attempts INTEGER NOT NULL, problem TEXT,
      PRIMARY KEY (run, position)) WITHOUT ROWID;
    CREATE TABLE findings (
      run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, kind TEXT NOT NULL, document TEXT NOT NULL,
      PRIMARY KEY (run, kind, position)) WITHOUT ROWID;
    CREATE TABLE cursors (
      pipeline TEXT NOT NULL, step TEXT NOT NULL, value TEXT NOT NULL, is_forced INTEGER NOT NULL, run TEXT,
      updated_at TEXT NOT NULL, PRIMARY KEY (pipeline, step)) WITHOUT ROWID;
    CREATE TABLE connection_tests (
      connection TEXT NOT NULL, tested_at TEXT NOT NULL, succeeded INTEGER NOT NULL, report TEXT NOT NULL);
    CREATE INDEX connection_tests_by_name ON connection_tests (connection, tested_at);
    """
}
