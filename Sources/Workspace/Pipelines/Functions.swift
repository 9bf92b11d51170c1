import Execution
import Foundation
import Pipelines
import Tabular

/// A registered Python function: a file in the workspace's folder `functions`, used as `- call: NAME`.
package struct RegisteredFunction: Sendable, Codable {
  package struct Returned: Sendable, Codable {
    package var column: String
    package var type: String
  }
  package var name: String
  package var file: String
  /// `row`, `batch` or `table`.
  package var takes: String?
  package var summary: String
  package var returns: [Returned]
  /// What is wrong with it.
  package var problem: Problem?
}

extension Workspace {
  private var functionsFolder: URL { directory.appending(path: "functions") }

  package func functions() -> [RegisteredFunction] { PythonFunctions.names(in: functionsFolder).map(function) }

  /// A function and its code.
  /// - Throws: `unknown-function` with the near name.
  package func function(named name: String) throws -> (RegisteredFunction, code: String) {
    let names = PythonFunctions.names(in: functionsFolder)
    guard names.contains(name) else {
      throw Problem(
        "unknown-function", "There is no function \"\(name)\".",
        hint: Nearest.hint(name, among: names) ?? "Functions are files: functions/NAME.py in the workspace.")
    }
    return (function(name), try String(contentsOf: functionsFolder.appending(path: name + ".py"), encoding: .utf8))
  }

  private func function(_ name: String) -> RegisteredFunction {
    var function = RegisteredFunction(name: name, file: "functions/\(name).py", summary: "", returns: [])
    do {
      let script = try PythonScript(function: name, directory: directory.path)
      function.takes = script.mode.rawValue
      function.summary = script.summary
      function.returns = script.returns.map { .init(column: $0.name, type: $0.type.description) }
    } catch {
      function.problem = Problems.of(error).first
    }
    return function
  }
}
