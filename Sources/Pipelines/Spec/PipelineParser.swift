/// Reads a pipeline file, in any of the accepted forms, into a `PipelineSpec`.
package struct PipelineParser: Sendable {
  private let environment: [String: String]
  private let parameters: [String: String]
  private let secrets: any SecretLookup
  private let run: RunFacts
  private var isFilling = true
  /// Learns every secret value that goes into the pipeline.
  package let redactor: Redactor

  /// Reads files without filling `${…}` and `{{ … }}` in: for showing, rewriting and converting them.
  package static let asWritten = PipelineParser(filling: false)

  private init(filling isFilling: Bool) {
    self.init()
    self.isFilling = isFilling
  }

  /// - Parameter parameters: Values given to this run; they win over the defaults in the file.
  package init(
    environment: [String: String] = [:], parameters: [String: String] = [:], secrets: any SecretLookup = NoSecrets(),
    run: RunFacts = .preview, redactor: Redactor = Redactor()
  ) {
    self.environment = environment
    self.parameters = parameters
    self.secrets = secrets
    self.run = run
    self.redactor = redactor
  }

  /// - Parameter file: Its name in messages; a pipeline without a name is called after it.
  /// - Throws: Every problem the text has, in the order of their places.
  package func parse(_ text: String, file: String) throws(Problems) -> PipelineSpec {
    for (name, value) in parameters where SecretShape.isName(name) { redactor.hide(value) }
    let written = try SettingReader.read(text, file: file)
    redactor.learn(written)
    let problems = ProblemCollector()
    let declared = PipelineReading(problems: problems, parameters: [:]).parameters(written["parameters"])
    let (filled, used) = !isFilling ? (written, []) : fill(written, declared: declared, problems)
    redactor.learn(filled)
    let reading = PipelineReading(problems: problems, parameters: parameters)
    let spec = reading.pipeline(filled, parameters: declared, file: file)
    refuseUnknown(spec, used, written, problems)
    guard problems.all.isEmpty else {
      throw Problems(problems.all.map(redactor.redact).sorted(by: Problem.standsBefore))
    }
    return spec
  }

  /// Reads a file of tests that stands beside a pipeline file: a list of tests, or a map with `tests`.
  /// - Throws: Every problem the text has, in the order of their places.
  package func tests(_ text: String, file: String) throws(Problems) -> [PipelineTest] {
    let written = try SettingReader.read(text, file: file)
    let problems = ProblemCollector()
    let tests = PipelineReading(problems: problems, parameters: [:]).tests(written["tests"] ?? written)
    guard problems.all.isEmpty else {
      throw Problems(problems.all.map(redactor.redact).sorted(by: Problem.standsBefore))
    }
    return tests
  }

  private func fill(
    _ root: Setting, declared: [ParameterSpec], _ problems: ProblemCollector
  ) -> (Setting, used: Set<String>) {
    var values = parameters
    for parameter in declared where values[parameter.name] == nil { values[parameter.name] = parameter.defaultText }
    var filling = Interpolation(
      environment: environment, parameters: values, secrets: secrets, run: run, redactor: redactor)
    filling.declared = Set(declared.map(\.name))
    guard case .map(let entries) = root.content else { return (root, []) }
    let filled = entries.map { entry in
      var entry = entry
      if entry.key != "parameters", !PipelineReading.templateSections.contains(entry.key) {
        entry.value = filling.fill(entry.value)
      }
      return entry
    }
    problems.add(filling.problems)
    return (Setting(.map(filled), at: root.location), filling.used)
  }

  /// A parameter that nothing in the file asks for is a slip of the pen.
  private func refuseUnknown(_ spec: PipelineSpec, _ used: Set<String>, _ root: Setting, _ problems: ProblemCollector) {
    var known = Set(spec.parameters.map(\.name)).union(used)
    if spec.steps.contains(where: \.isIncremental) { known.formUnion(["start", "end"]) }
    let templates = root.entries.filter { PipelineReading.templateSections.contains($0.key) }
    for name in parameters.keys.sorted() where !known.contains(name) {
      guard !templates.contains(where: { $0.value.mentions { $0.contains("{{") && $0.contains(name) } }) else {
        continue
      }
      problems.add([
        Problem(
          "unknown-parameter", "The pipeline has no parameter \"\(name)\".",
          hint: Nearest.hint(name, among: known.sorted())
            ?? (known.isEmpty
              ? "It has none; declare it under parameters and use it as {{ \(name) }}."
              : "It has \(known.sorted().joined(separator: ", "))."))
      ])
    }
  }
}

extension StepSpec {
  fileprivate var isIncremental: Bool {
    if case .read(let read) = work, case .incremental = read.mode { true } else { false }
  }
}

extension Setting {
  /// Whether a key or text anywhere in this value passes `test`.
  fileprivate func mentions(_ test: (String) -> Bool) -> Bool {
    switch content {
    case .map(let entries): entries.contains { test($0.key) || $0.value.mentions(test) }
    case .list(let elements): elements.contains { $0.mentions(test) }
    default: text.map(test) ?? false
    }
  }
}
