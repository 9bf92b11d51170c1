import Foundation
import Pipelines

/// Shows problems with the line they are about:
///
///     error[unknown-column] Step "daily" uses column "amout", which "orders" does not have.
///       pipelines/daily.yaml:14:23
///       14 ┊ transform: SELECT sum(amout) …
///          ┊                       ^
///       Did you mean "amount"?
struct ProblemPrinter {
  var isColored: Bool

  func printAll(_ problems: [Problem]) {
    Terminal.writeError(problems.map(render).joined(separator: "\n"))
  }

  func render(_ problem: Problem) -> String {
    let problem = Redactor().redact(problem)
    let ink: Ink = problem.severity == .error ? .red : .yellow
    var text = ink("\(problem.severity.rawValue)[\(problem.code)]", if: isColored) + " \(problem.message)\n"
    if let location = problem.location { text += place(location) }
    if let hint = problem.hint { text += "  " + hint + "\n" }
    return text
  }

  private func place(_ location: Location) -> String {
    var text = "  " + Ink.blue(location.description, if: isColored) + "\n"
    guard let file = try? String(contentsOfFile: location.file, encoding: .utf8) else { return text }
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(location.line - 1) else { return text }
    let line = SecretShape.shown(line: location.line, of: lines).replacing("\t", with: " ")
    guard !line.allSatisfy(\.isWhitespace) else { return text }
    let number = String(location.line)
    let margin = String(repeating: " ", count: number.count)
    let before = line.unicodeScalars.prefix(max(0, location.column - 1))
    let caret = String(repeating: " ", count: Terminal.cells(String(String.UnicodeScalarView(before)))) + "^"
    text += "  " + Ink.dim("\(number) ┊ ", if: isColored) + line + "\n"
    text += "  " + Ink.dim("\(margin) ┊ ", if: isColored) + Ink.red(caret, if: isColored) + "\n"
    return text
  }
}
