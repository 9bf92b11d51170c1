import DuckDB
import Foundation
import Pipelines

extension Problem {
  /// All that the engine, a connector or Swift said while `step` was at work, in the user's words; at least one.
  static func all(of error: any Error, in step: String, at location: Location?) -> [Problem] {
    var error = error
    while let engine = error as? DuckDBError, let cause = SourceFailure.shared.cause(of: engine) { error = cause }
    guard let problems = error as? Problems, !problems.all.isEmpty else { return [of(error, in: step, at: location)] }
    return problems.all.map { $0.located(at: location) }
  }

  /// What the engine, a connector or Swift said while `step` was at work, in the user's words.
  /// - Parameter subject: What met a value it can't use, if that is known more closely than the step whose statement it was.
  static func of(
    _ error: any Error, in step: String, as subject: String? = nil, at location: Location?
  ) -> Problem {
    switch error {
    case let problem as Problem: return problem.located(at: location)
    case let problems as Problems:
      return (problems.all.first ?? Problem("internal", "\(problems)")).located(at: location)
    case let error as DuckDBError:
      if let cause = SourceFailure.shared.cause(of: error) { return of(cause, in: step, at: location) }
      return Refusal.problem(in: error.message, at: location)
        ?? told(error, in: step, as: subject).located(at: location)
    default: return Problems.of(error)[0].located(at: location)
    }
  }

  private static func told(_ error: DuckDBError, in step: String, as subject: String?) -> Problem {
    let subject = subject ?? "Step \"\(step)\", or one whose rows it takes,"
    let text = error.message.components(separatedBy: "\n\nLINE ")[0]
    let firstLine = String(text.prefix { $0 != "\n" })
    switch error.kind {
    case .binder, .catalog:
      if let name = text.between("Referenced column \"", "\" not found")
        ?? text.between("does not have a column named \"", "\"")
      {
        let candidates = text.components(separatedBy: "Candidate bindings: ").last.map { $0.quotedNames } ?? []
        return Problem(
          "unknown-column", "Step \"\(step)\" uses column \"\(name)\", which its input does not have.",
          hint: Nearest.hint(name, among: candidates)
            ?? (candidates.isEmpty ? nil : "Near are \(candidates.map { "\"\($0)\"" }.joined(separator: ", "))."))
      }
      if let name = text.between("Table with name ", " does not exist") {
        let near = text.between("Did you mean \"", "\"")
        return Problem(
          "unknown-step", "Step \"\(step)\" reads \"\(name)\", but there is no step of that name.",
          hint: near.map { "Did you mean \"\($0)\"?" })
      }
      return Problem("invalid-sql", "Step \"\(step)\": \(firstLine)")
    case .parser: return Problem("invalid-sql", "Step \"\(step)\": \(firstLine)")
    case .conversion, .invalidInput:
      return Problem(
        "bad-value", "\(subject) met a value it can't use. \(firstLine)",
        hint: "Use `cast` with `on_error: null`, a check with `on_fail: skip`, or give the column its type in the file."
      )
    case .io:
      return Problem(
        text.contains("No space left") ? "disk-full" : "input-output", "Step \"\(step)\": \(firstLine)",
        hint: text.contains("No space left") ? "Free some space, or set another temporary folder with TMPDIR." : nil)
    case .memory:
      return Problem(
        "memory-limit", "Step \"\(step)\" needs more memory than the run may use. \(firstLine)",
        hint: "Give the run more with --memory, or reduce what a sort, join or group has to hold.")
    case .interrupted: return Problem("cancelled", "Step \"\(step)\" was interrupted.")
    case .other where text.hasPrefix("Out of Range Error"):
      guard
        ["overflow", "out of range", "too large", "exceed"].contains(where: text.lowercased().dropFirst(18).contains)
      else {
        return Problem(
          "bad-value", "\(subject) met a value it can't use. \(firstLine)",
          hint: "Leave such values out with a filter before, or give them a case of their own: CASE WHEN … THEN … END.")
      }
      return Problem(
        "bad-value", "\(subject) met a number too large for its type. \(firstLine)",
        hint: "Cast the column to a larger type before, such as decimal(38,2) or double.")
    case .library, .other: return Problem("engine", "Step \"\(step)\": \(firstLine)")
    }
  }
}

extension String {
  fileprivate func between(_ start: String, _ end: String) -> String? {
    guard let from = range(of: start), let to = range(of: end, range: from.upperBound..<endIndex) else { return nil }
    return String(self[from.upperBound..<to.lowerBound])
  }

  /// The names in double quotes, last part of dotted ones.
  fileprivate var quotedNames: [String] {
    components(separatedBy: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { $0.element }
      .map { $0.components(separatedBy: ".").last ?? $0 }
  }
}
