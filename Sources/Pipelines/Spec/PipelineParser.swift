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
    let written = try SettingReader.read(text, file: file)
    let problems = ProblemCollector()
    let declared = PipelineReading(problems: problems, parameters: [:]).parameters(written["parameters"])
    let filled = !isFilling ? written : fill(written, declared: declared, problems)
    let reading = PipelineReading(problems: problems, parameters: parameters)
    let spec = reading.pipeline(filled, parameters: declared, file: file)
    guard problems.all.isEmpty else {
      throw Problems(problems.all.map(redactor.redact).sorted(by: Problem.standsBefore))
    }
    return spec
  }

  private func fill(_ root: Setting, declared: [ParameterSpec], _ problems: ProblemCollector) -> Setting {
    var values = parameters
    for parameter in declared where values[parameter.name] == nil { values[parameter.name] = parameter.defaultText }
    var filling = Interpolation(
      environment: environment, parameters: values, secrets: secrets, run: run, redactor: redactor)
    filling.declared = Set(declared.map(\.name))
    guard case .map(let entries) = root.content else { return root }
    let filled = entries.map { entry in
      var entry = entry
      if entry.key != "parameters", !PipelineReading.templateSections.contains(entry.key) {
        entry.value = filling.fill(entry.value)
      }
      return entry
    }
    problems.add(filling.problems)
    return Setting(.map(filled), at: root.location)
  }
}
