extension Problem.Code {
  /// A system or the data failed, or something is only worth knowing: exit code 1.
  static let failures: [Meaning] = [
    Meaning(
      "appended-again", "A cleared cursor makes an appending write take all rows again (a warning).",
      "Empty the target first if rows should stand there once."),
    Meaning(
      "authentication-failed", "The server refuses this user with this password.",
      "Correct user or password; it isn't tried again."),
    Meaning(
      "bad-value", "A step met a value it can't use, such as a text where a number belongs.",
      "Clean the value before, or cast with a rule that skips it."),
    Meaning("cancelled", "A step was interrupted.", "Run it again; nothing is half-written."),
    Meaning(
      "cascading-delete", "Replacing rows would delete or change rows of other tables through a foreign key.",
      "Use mode merge, or change the foreign key."),
    Meaning(
      "catching-up", "Writes of one incremental read fell behind others (a warning).",
      "Nothing: the next run goes on with all of them."),
    Meaning(
      "commit-unknown", "Contact was lost while rows were being made visible, and the target couldn't be asked.",
      "Look whether the rows are there before running again."),
    Meaning("conflict", "Two transactions were in each other's way.", "It is tried again where the step has a retry."),
    Meaning(
      "connection-failed", "The connection couldn't be made.",
      "Look at the message; weir connections test shows where it ends."),
    Meaning("connection-lost", "The server closed the connection.", "It is tried again where the step has a retry."),
    Meaning("connection-refused", "No server answers at host and port.", "Start it, or correct host and port."),
    Meaning(
      "connection-timeout", "The server didn't answer in time.",
      "Check network and firewall, or raise connect_timeout."),
    Meaning("constraint-violated", "A row breaks a constraint of the table.", "Drop such rows in a check."),
    Meaning("damaged-file", "A file of the workspace can't be read.", "Restore it, or delete it and set it up again."),
    Meaning(
      "data-quality", "A rule with on_fail: stop was broken.",
      "See the examples in the run; correct the data or the rule."),
    Meaning("database-error", "A database refused a statement.", "Look at the database's message."),
    Meaning("disk-full", "There is no space left.", "Free some, or choose another folder."),
    Meaning(
      "empty-cursor", "The cursor of an incremental read has no usable value in any row.",
      "Choose another cursor, or mode: full."),
    Meaning("empty-file", "A file has neither names nor rows.", "Check what wrote it."),
    Meaning("encrypted-file", "A file is protected with a password.", "Save it without one."),
    Meaning("engine", "The engine refused a statement.", "Look at its message."),
    Meaning(
      "engine-missing", "DuckDB's library isn't found.",
      "Run script/setup; weir doctor shows where it is looked for."),
    Meaning("file-not-found", "No file matches the path.", "Correct it; paths start at the workspace."),
    Meaning("foreign-key", "A row refers to one that isn't there.", "Load the table that is referred to first."),
    Meaning("input-output", "A file or device can't be read or written.", "Check path and permissions."),
    Meaning("internal", "A mistake of Weir itself.", "Please report it with the output of weir doctor."),
    Meaning("interrupted", "The process of a run ended before the run did.", "Run it again; nothing was half-written."),
    Meaning("invalid-file", "A file isn't of the kind it should be, or is damaged.", "Check what wrote it."),
    Meaning("invalid-text", "A text holds bytes the target can't keep, such as NUL.", "Clean it in a transform."),
    Meaning("invalid-value", "A value isn't of its column's type.", "Cast or clean it in a transform."),
    Meaning("library-missing", "OpenSSL 3 isn't found.", "Install libssl3."),
    Meaning(
      "limited-read", "An incremental read with a limit keeps no cursor (a warning).",
      "Run without the limit when it is meant."),
    Meaning(
      "locked", "Another session holds the table, or another run loads it.",
      "Run it again when that one has ended."),
    Meaning(
      "memory-exceeded", "A run held far more memory than it may use.",
      "Raise --memory, or let the step take less."),
    Meaning(
      "memory-limit", "A step needs more memory than the run may use.",
      "Raise --memory, or let the step take less."),
    Meaning(
      "malformed-row", "A line of JSON lines is no object, and `strict` is set.",
      "Mend the line, or leave out `strict`."),
    Meaning("missing-library", "PostgreSQL's client library isn't found.", "Install libpq5."),
    Meaning(
      "missing-value", "A column of the target needs a value the rows don't have.",
      "Fill it in a transform, or allow nulls in the table."),
    Meaning("mixed-types", "A column holds several kinds of values and is read as text (a warning).", "Cast it."),
    Meaning("no-permission", "A file may not be read.", "Give this user the permission."),
    Meaning("no-records", "There are no records at this place of the file.", "Correct records."),
    Meaning("not-readable", "A system or file can't be read.", "Use another connector, or correct the file."),
    Meaning("not-writable", "A system, folder or file can't be written.", "Check permissions, or choose another."),
    Meaning("nul-byte", "A text file holds a NUL byte.", "Remove it, or say the file's encoding."),
    Meaning("null-key", "A row has no value in its key.", "Drop such rows in a check, or choose another key."),
    Meaning(
      "numbers-as-text", "Numbers have more digits than any numeric type (a note).",
      "They are read as text; give the column a type or cast it."),
    Meaning("out-of-memory", "There is no memory for a connection.", "Free some."),
    Meaning("permission-denied", "The user may not do this in the database.", "Grant the right, or use another user."),
    Meaning("python-died", "The Python process ended before it was done.", "See what it printed with weir runs logs."),
    Meaning(
      "python-exception", "A Python function raised an exception.",
      "Correct the line it names, or use on_error: skip."),
    Meaning(
      "python-memory", "A Python function needs more memory than it may use.",
      "Raise memory, or take a batch instead of a table."),
    Meaning("python-timeout", "A Python function took longer than it may.", "Raise timeout, or see whether it ends."),
    Meaning(
      "python-undeclared-column", "A Python function returns a column the step doesn't declare.",
      "Add the lines of the hint under returns."),
    Meaning(
      "python-value", "A value a Python function returns doesn't fit its column.",
      "Return the column's type, or declare another under returns."),
    Meaning(
      "rows-without-cursor", "Rows whose cursor is null or not finite were passed by (a note).",
      "A full refresh takes them; better fill the column."),
    Meaning(
      "schema-change", "The target would have to change, and schema: freeze or ask forbids it.",
      "Allow it with schema: evolve, or change the rows."),
    Meaning(
      "schema-changed", "A target has no such column, and the policy forbids adding it.",
      "Use schema: evolve, or drop the column."),
    Meaning(
      "renamed-field", "A field landed in a column of nearly the same name (a remark).",
      "Name another column in mapping if that is wrong."),
    Meaning("schema-differs", "Files read together have different columns.", "Read them by steps of their own."),
    Meaning("server-not-ready", "The server is starting or stopping.", "It is tried again where the step has a retry."),
    Meaning("server-out-of-memory", "The server has no memory left.", "It is tried again where the step has a retry."),
    Meaning(
      "shrinking-load", "A replace would lose most of the target's rows.",
      "Look at the source; agree with --allow-shrink."),
    Meaning(
      "stalled", "A run gave no sign of life, or made no progress.",
      "See weir runs logs; nothing was half-written."),
    Meaning("target-changed", "Somebody replaced the target during the load.", "Run it again."),
    Meaning(
      "target-gone", "A target is gone that had been loaded up to some cursor (a warning).",
      "Nothing: everything is read again."),
    Meaning(
      "test-failed", "A pipeline's test found rows that differ.",
      "Compare the rows; correct the step or the test."),
    Meaning("timeout", "A step took longer than it may.", "Raise its timeout, or let it do less."),
    Meaning(
      "tls-refused", "The server can't be reached with this ssl_mode.",
      "Change ssl_mode or the server's certificates."),
    Meaning(
      "too-many-connections", "The server has no connection free.",
      "It is tried again where the step has a retry."),
    Meaning("truncated-file", "A compressed file is damaged or ends early.", "Fetch it again."),
    Meaning("unknown-database", "The server has no such database.", "Correct the name."),
    Meaning("unknown-host", "A host's name isn't known.", "Correct it."),
    Meaning("unknown-schema", "The server has no such schema.", "Create it, or correct the name."),
    Meaning("unknown-table", "The database has no such table.", "weir connections discover lists them."),
    Meaning("unreadable-file", "A file can't be used.", "Look at the message."),
    Meaning(
      "unusable-key",
      "The key of the workspace's secrets can't be read, is damaged, or is gone; no new one is made in its place.",
      "Restore .weir/key from a backup, or give its text as WEIR_KEY."),
    Meaning("value-not-exact", "A value doesn't fit its column exactly.", "Widen the column, or round in a transform."),
    Meaning("value-out-of-range", "A number is too large for its column.", "Widen the column."),
    Meaning("value-too-long", "A text is too long for its column.", "Widen the column, or cut the text."),
    Meaning(
      "verification-failed", "What landed isn't what was sent; it was taken back.",
      "Run it again; report it if it happens twice."),
    Meaning("worker-died", "A run's process ended before the run.", "Run it again; nothing was half-written."),
    Meaning(
      "worker-protocol", "A run's process told something that can't be understood.",
      "Report it; look at the target of the steps that were at work."),
    Meaning("wrong-encoding", "A file isn't in the encoding it should have.", "Set encoding."),
    Meaning("wrong-key", "A secret was stored with another key.", "Set WEIR_KEY, or store it again."),
  ]
}
