import Tabular

extension PipelineSpec {
  /// The score from 0 to 100 that `quality: { target: 95 }` asks for.
  /// - Throws: `wrong-type`.
  package func qualityTarget() throws(Problem) -> Double? {
    guard let section = sections["quality"] ?? sections["data_quality"],
      let target = section["target"] ?? section["score_target"] ?? section["quality_score_target"]
    else { return nil }
    let text = target.text ?? ""
    let digits = text.hasSuffix("%") ? String(text.dropLast()).filter { $0 != " " } : text
    guard let number = Double(digits), (0...100).contains(number) else {
      throw Problem(
        "wrong-type", "\"target\" must be a number from 0 to 100.", hint: "For example quality: { target: 95 }.",
        at: target.location)
    }
    return number
  }
}
