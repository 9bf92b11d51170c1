import Tabular

/// Makes rows with a Python function of the user's, in a process of its own.
package struct Python: Operation {
  package struct Settings: Sendable {
    var code: PlacedText?
    var file: PlacedText?
    var function: PlacedText?
    var returns = ReturnedColumns()
    var timeout = Seconds(300)
    var memory = ByteCount(1_000_000_000)
    var network = false
    var onError = PythonProgram.OnError.stop
  }

  package static let manifest = OperationManifest(
    name: "python", aliases: ["python_function", "python_code", "custom", "custom_code"],
    summary:
      "Makes rows with a Python function, in a process of its own with limits and without network; see [Python](../python.md).",
    shorthand: "code",
    example: """
      - python:
          returns: { grade: text }
          code: |
            def transform(row):
                row["grade"] = "high" if row["amount"] > 100 else "low"
                return row
      """,
    shown: Example(
      """
      - { id: 1, amount: 250 }
      - { id: 2, amount: 40 }
      """,
      gives: """
        - { id: 1, amount: 250, grade: high }
        - { id: 2, amount: 40, grade: low }
        """),
    badValues: "Empty values are `None`. A row at which the function raises stops the run, goes to the "
      + "dead letters or becomes empty, as `on_error` says.",
    settings: SettingsSchema(Settings()) {
      Field(\.code, "code", "Python text with `def transform(row)`, `def transform(batch)` or `def transform(table)`.")
        .also(
          "source", "script")
      Field(\.file, "file", "A file with the function, relative to the pipeline's file.").also("path")
      Field(\.function, "function", "A registered function: the name of a file in `functions/`.").also("call")
      Field(\.returns, "returns", "Column → type, for columns that are new or get another type.").also(
        "columns", "output")
      Field(\.timeout, "timeout", "Longest time for one batch of 10,000 rows, or for the one call with a table.")
      Field(\.memory, "memory", "Most memory the process may use.").also("memory_limit")
      Field(\.network, "network", "Whether the function may reach the network.")
      Field(
        \.onError, "on_error", "What happens to a row at which the function raises: stop, skip (dead letter) or null."
      ).also(
        "on_failure", "on_fail")
    })

  private let made: PythonProgram

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    let origins = [
      settings.code.map { PythonProgram.Origin.code($0) }, settings.file.map { .file($0) },
      settings.function.map { .function($0) },
    ].compactMap { $0 }
    guard origins.count == 1 else {
      throw Problem(
        "missing-setting",
        origins.isEmpty ? "\"python\" needs code." : "\"python\" takes only one of code, file and function.",
        hint: "Give it as code:, as file: or as function:.", at: location)
    }
    made = PythonProgram(
      origin: origins[0], returns: settings.returns.columns, timeout: settings.timeout.count,
      memoryBytes: settings.memory.bytes,
      hasNetwork: settings.network, onError: settings.onError, location: location)
  }

  package var location: Location { made.location }
  package var program: PythonProgram? { made }

  package var effect: String {
    let columns = made.returns.isEmpty ? "" : ", and sets \(made.returns.map(\.name).joined(separator: ", "))"
    return switch made.origin {
    case .code: "Runs Python code\(columns)."
    case .file(let file): "Runs the Python function in \(file.text)\(columns)."
    case .function(let name): "Runs the Python function \(name.text)\(columns)."
    }
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    throw Problem(
      "bad-nesting", "Python can't stand inside another operation.",
      hint: "Make an operation of the transform's own list of it.",
      at: location)
  }
}

/// Makes rows with a registered Python function: `- call: clean_phone`.
package struct Call: Operation {
  package static let manifest = OperationManifest(
    name: "call", aliases: ["call_function", "function"],
    summary:
      "Makes rows with a registered Python function, `functions/NAME.py` of the workspace; see [Python](../python.md).",
    shorthand: "function",
    example: "- call: clean_phone",
    shown: Example(
      """
      - { name: Ann, phone: "+1 (555) 0100" }
      - { name: Bob, phone: null }
      """,
      gives: """
        - { name: Ann, phone: "15550100" }
        - { name: Bob, phone: null }
        """),
    badValues: Python.manifest.badValues,
    settings: Python.manifest.settings)

  private let python: Python

  package init(_ settings: Python.Settings, at location: Location) throws(Problem) {
    python = try Python(settings, at: location)
  }

  package var location: Location { python.location }
  package var program: PythonProgram? { python.program }
  package var effect: String { python.effect }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    try python.select(from: input, in: context)
  }
}
