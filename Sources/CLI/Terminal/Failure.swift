import ArgumentParser
import Foundation
import Glibc
import Pipelines
import Workspace

/// Leaves the program with this code; everything has been said.
struct Leave: Error { var code: Int32 }

/// The one place where an error becomes output and exit code: 1 a run or data failed, 2 wrong usage or file, 3 a run waits for an answer, 130 and 143 on signals.
struct Failure {
  private let error: any Error
  private let arguments: [String]

  init(_ error: any Error, arguments: [String]) {
    self.error = error
    self.arguments = arguments
  }

  func leave() -> Never {
    switch error {
    case let leave as Leave: exit(leave.code)
    case is CancellationError: exit(130)
    case let invalid as InvalidPipeline: say(invalid.problems.all, code: 2)
    case is Problem, is Problems:
      let problems = Problems.of(error)
      say(problems, code: problems.map(\.code.exitCode).min() ?? 1)
    default:
      let code = Weir.exitCode(for: error)
      guard code == .validationFailure || code == .failure else {
        Terminal.write(Weir.fullMessage(for: error) + "\n")
        exit(code.rawValue)
      }
      if code == .failure { say(Problems.of(error), code: 1) }
      guard isJSON else {
        Terminal.writeError(Redactor().redact(Weir.fullMessage(for: error)) + "\n")
        exit(2)
      }
      let message = Weir.message(for: error)
      say(
        [Problem("usage", message, hint: "See weir --help.", at: Location(file: "command line", line: 1, column: 1))],
        code: 2)
    }
  }

  private func say(_ problems: [Problem], code: Int32) -> Never {
    let problems = problems.map(Redactor().redact)
    if isJSON {
      Terminal.write((try? Document.text(["problems": problems])).map { $0 + "\n" } ?? "{\"problems\": []}\n")
    } else {
      ProblemPrinter(isColored: Terminal.isColored(arguments, descriptor: 2)).printAll(problems)
    }
    exit(code)
  }

  private var isJSON: Bool {
    let options = arguments.prefix { $0 != "--" }
    return zip(options, options.dropFirst()).contains {
      ($0 == "--output" || $0.wholeMatch(of: /-[a-z]*o/) != nil) && $1 == "json"
    }
      || options.contains { $0 == "--output=json" || $0.wholeMatch(of: /-[a-z]*o=?json/) != nil }
  }
}
