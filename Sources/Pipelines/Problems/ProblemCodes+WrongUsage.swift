extension Problem.Code {
  /// The command or a file has to be changed first: exit code 2.
  static let wrongUsage: [Meaning] = [
    Meaning(
      "append-needs-folder", "Rows can't be added to one file in a safe step.",
      "Write into a folder, or use mode: replace."),
    Meaning(
      "bad-expression", "A text isn't a single SQL expression or condition.",
      "Write one expression, without ; or a second statement."),
    Meaning(
      "awaiting-input",
      "A person is to decide: about a new field without a column (`schema: ask`), or a broken rule (`on_fail: ask`).",
      "Run it and answer with weir answer, or decide in the file."),
    Meaning("bad-name", "A name can't be a column's name.", "Choose another name."),
    Meaning(
      "bad-nesting", "An operation stands inside a conditional where it can't.",
      "Put only operations that set fields there."),
    Meaning("cannot-edit", "A place in the file can't be edited without touching the rest.", "Edit the file by hand."),
    Meaning(
      "changed-step", "A step that set rows aside isn't the same any more, so they can't go in there again.",
      "Run the pipeline from the beginning."),
    Meaning(
      "changed-text", "The file is not what the run to be resumed was made of.",
      "weir replay RUN --failed uses the text as it was."),
    Meaning(
      "check-passed-by", "A write takes rows from before a check that would change them.",
      "Write from the check."),
    Meaning("column-collision", "Two columns have the same name, or differ only in case.", "Rename one."),
    Meaning("cycle", "Steps wait for each other.", "Let one of them read another step."),
    Meaning("duplicate-key", "A key stands twice in one map.", "Remove one."),
    Meaning("duplicate-step", "Two steps have the same id.", "Rename one."),
    Meaning("exists", "Something of this name is there already.", "Choose another name."),
    Meaning(
      "generated-column", "The table fills a column by itself; the rows' values would be lost.",
      "Leave the column out; for identity columns, identity: keep."),
    Meaning("in-progress", "Another run does this now.", "Wait for its end."),
    Meaning(
      "incomparable-key", "The columns to match rows by have types that can't be compared.",
      "Choose another key, or cast it in a query."),
    Meaning(
      "invalid-format", "A format of dates and times can't be read.", "Correct it; the message says what is wrong."),
    Meaning("impossible-range", "Nothing lies between two bounds.", "Exchange them; the smaller one comes first."),
    Meaning("invalid-name", "A text is not the name of a table.", "Write schema.table, with quotes where needed."),
    Meaning("invalid-path", "A JSON path or XPath can't be followed.", "Correct it; the message says what is wrong."),
    Meaning("invalid-regex", "A regular expression can't be read.", "Correct it; the message says what is wrong."),
    Meaning(
      "invalid-rule", "A rule can't be used in this place.",
      "Put rules about whole relations into a check step."),
    Meaning("invalid-sql", "SQL can't be understood.", "Look at the place and the message."),
    Meaning("lag-doubles-rows", "A lag with append would land rows twice.", "Use mode: merge with a key."),
    Meaning("memory-too-small", "The run can't keep within so little memory.", "Give it the size the message names."),
    Meaning("missing-answer", "A paused run still has open questions.", "Answer them: weir answer RUN FIELD=…."),
    Meaning("missing-column", "A column the target needs isn't there.", "Add it in a transform, or give it a default."),
    Meaning(
      "missing-file", "A pipeline, folder or file isn't there.",
      "Correct the path, or make it with weir init or weir new."),
    Meaning("missing-given", "A test needs rows of a read.", "Add the read to given."),
    Meaning("missing-input", "A step has no rows to work on.", "Name a step with on or from."),
    Meaning("missing-key", "A write mode or a comparison needs a key.", "Add key: [column], or say --key."),
    Meaning(
      "missing-parameter", "A parameter has no value.",
      "Give it with --var name=value, or a default; to a rule template under with."),
    Meaning("missing-setting", "A setting that is needed isn't there.", "Add it."),
    Meaning(
      "name-in-use",
      "Another pipeline file with incremental reads has the same name, so both would go on from one cursor.",
      "Give one of them another name; a file that was moved is recognised once the old one is gone."),
    Meaning("name-taken", "Two columns would have one name.", "Choose another name."),
    Meaning("no-columns", "Nothing would be left of the columns.", "Keep at least one."),
    Meaning("no-exact-type", "A format has no exact form of a type.", "Cast the column before the write."),
    Meaning(
      "no-fix", "No broken rule ended the run, or the fix doesn't fit the rule.", "weir fix RUN shows what can be done."
    ),
    Meaning("no-input", "The first step has no rows to work on.", "Begin with a read."),
    Meaning("no-operations", "A list of operations is empty.", "Add one, or remove the step."),
    Meaning(
      "no-rejects", "There are no rejected rows to be fed in.",
      "weir rejects list shows what there is and what has been replayed."),
    Meaning("no-rules", "A list of rules is empty.", "Add one, or remove the step."),
    Meaning("no-steps", "A pipeline has no steps.", "Add a read and a write."),
    Meaning("no-tests", "A file has no tests.", "Add tests: with given and expect."),
    Meaning(
      "test-cannot-fail", "A test expects nothing, or only the rows it gives.", "Expect the rows of a later step."),
    Meaning("not-a-file", "A path is a folder where one file is needed.", "Give the path of a file."),
    Meaning("not-a-pipeline", "The file is no map with name and steps.", "weir new makes one to start from."),
    Meaning("not-a-table", "The target is a view.", "Write into a table."),
    Meaning("not-confirmed", "Something would be lost, and nobody was there to agree.", "Say yes with --yes."),
    Meaning("not-failed", "A run that went well can't be resumed.", "weir replay RUN runs it all again."),
    Meaning(
      "not-row-by-row", "A step makes something of many rows together (a sum, a rank), so a few can't be added later.",
      "Run the whole pipeline again."),
    Meaning(
      "nothing-in-common", "Two relations to be compared have no column of the same name.",
      "Rename columns in a query."),
    Meaning("not-paused", "The run waits for no answer.", "weir runs list --status paused shows those that do."),
    Meaning("nothing-landed", "A run that failed has left nothing that rows could be added to.", "weir replay RUN."),
    Meaning("one-column-needed", "A text file takes one column.", "Select one."),
    Meaning("python-missing", "There is no Python that can run functions.", "Install python3, or set WEIR_PYTHON."),
    Meaning(
      "python-no-function", "The code has no function transform that takes one argument and returns something.",
      "Write def transform(row): and return row."),
    Meaning(
      "python-on-error", "on_error: skip and null are for functions that take a row.",
      "Remove on_error, or take a row."),
    Meaning("python-syntax", "The code isn't valid Python.", "Look at the place."),
    Meaning("python-type", "A column's type can't be handed to Python.", "Cast it to json or text before."),
    Meaning(
      "read-only", "A statement would change rows in a session that only reads.",
      "Take what changes rows out of the query; a standby server can't be written to."),
    Meaning(
      "reads-a-write", "A step or test names a write, which yields no rows.",
      "Name the step whose rows it writes."),
    Meaning(
      "refresh-doubles-rows", "--full-refresh would append all rows to those that are there.",
      "Empty or drop the target, or use merge or replace."),
    Meaning(
      "replace-loses-rows", "A write would replace all rows by what is new of an incremental read.",
      "Use merge or append, or read with mode: full."),
    Meaning(
      "rule-about-the-whole", "A rule about all rows can't say which rows to skip, flag or empty.",
      "Use on_fail: stop or warn."),
    Meaning(
      "same-target", "Two writes of a pipeline land in the same place.",
      "Bring the rows together with union, or give one another target."),
    Meaning("several-documents", "A file holds more than one YAML document.", "Split it."),
    Meaning("step-id", "A text is no plain name of a step.", "Use letters, digits and _."),
    Meaning("step-with-two-works", "A step does two things.", "Make two steps."),
    Meaning("step-without-work", "A step does nothing.", "Add read, transform, check or write."),
    Meaning("syntax", "The file is no YAML or JSON.", "Look at the place."),
    Meaning("taken-column", "Two fields would land in the same column.", "Answer otherwise for one of them."),
    Meaning("template-circle", "A rule template uses itself.", "The hint shows the circle; take one use out."),
    Meaning("too-many-rules", "Rule templates make more rules than any check needs.", "Write the rules once."),
    Meaning("too-large", "A file has too many values.", "Split it."),
    Meaning(
      "too-many-pairs", "Finding the rows whose texts are alike would take too many comparisons.",
      "Name keys that must be equal, or compare a shorter column."),
    Meaning("two-forms", "A pipeline is written in two forms at once.", "Keep one."),
    Meaning("two-subjects", "A read names more than one of table, query and path.", "Keep one."),
    Meaning("two-works", "A transform has both sql and operations.", "Make two steps."),
    Meaning("unknown-choice", "A value is none of those allowed.", "Use one of the choices in the hint."),
    Meaning("unknown-column", "A column isn't there.", "Correct the name; the near one is shown."),
    Meaning("unknown-connection", "There is no connection of this name.", "weir connections list shows them."),
    Meaning("unknown-connector", "There is no such kind of system.", "weir connections types lists them."),
    Meaning("unknown-decision", "No remembered decision is like that.", "weir decisions list shows them."),
    Meaning("unknown-encoding", "A file's encoding can't be read.", "Convert it to UTF-8."),
    Meaning("unknown-field", "The run doesn't ask about such a field.", "weir runs show RUN lists its questions."),
    Meaning("unknown-file-type", "A path's ending doesn't say what it is.", "Give the type."),
    Meaning("unknown-function", "The workspace has no function of this name.", "weir functions list shows them."),
    Meaning(
      "unknown-group", "A regular expression has no group of this number.",
      "Number the groups by their opening brackets, from 1."),
    Meaning("unknown-operation", "There is no such operation.", "See operations.md."),
    Meaning("unknown-parameter", "The pipeline has no such parameter.", "Correct the name, or declare it."),
    Meaning("unknown-rule", "There is no such rule.", "The hint lists them."),
    Meaning("unknown-run", "There is no such run.", "weir runs list shows them."),
    Meaning("unknown-scheme", "Files can't be read from this kind of address.", "Use a path, http or https."),
    Meaning("unknown-secret", "There is no secret of this name.", "weir secrets set NAME."),
    Meaning("unknown-setting", "There is no such setting here.", "Correct the name; the near one is shown."),
    Meaning("unknown-sheet", "A workbook has no such sheet.", "Correct the name; the hint lists them."),
    Meaning("unknown-step", "There is no step of this name.", "Correct the name; the near one is shown."),
    Meaning(
      "unknown-template", "There is no rule template of this name.",
      "The hint names the near one; weir rules lists them."),
    Meaning("unknown-type", "There is no such type.", "See types.md."),
    Meaning(
      "unknown-variable", "The environment has no such variable.",
      "Set it, in .env too, or write ${NAME:-default}."),
    Meaning("unknown-version", "The text of an old run is no longer kept.", "Run the file as it is now."),
    Meaning("unsupported-mode", "The target can't be written in this mode.", "Use one of the modes in the hint."),
    Meaning("unsupported-subject", "A connector can't read this kind of subject.", "Use path or table as it offers."),
    Meaning("unused-input", "on names a step the SQL doesn't read.", "Remove on, or use the step."),
    Meaning("unused-step", "Nobody uses a step's rows.", "Write them, or remove the step."),
    Meaning(
      "which-output", "A step comes after one whose rows go to several outputs.", "Name the output with on or from."),
    Meaning("usage", "The command was written wrongly.", "weir --help."),
    Meaning("wrong-name", "A text can't be a name.", "Use letters, digits, _, - and ."),
    Meaning("wrong-schedule", "A schedule can't be understood.", "Use cron, interval or once."),
    Meaning("wrong-setting", "A setting has no meaning here.", "Remove it, or change what it depends on."),
    Meaning("wrong-type", "A value is of the wrong kind.", "Look at the place."),
    Meaning("wrong-url", "A text is no URL.", "Write scheme://user:password@host:port/name."),
  ]
}
