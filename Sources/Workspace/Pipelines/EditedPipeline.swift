import Foundation
import Pipelines

extension Workspace {
  /// Writes an edited text over a pipeline's file, if it has no problem that it didn't have before.
  /// - Parameter name: the file as the user named it.
  /// - Parameter compare: looks at the plans before and after, if both can be made.
  /// - Throws: the new problems, without places, for the file stays as it is; `not-writable`.
  func save(
    _ edit: PipelineEdit, over text: PipelineText, named name: String,
    _ compare: (_ before: Plan, _ after: Plan) throws -> Void = { _, _ in }
  ) async throws -> RuleChange {
    let (before, known) = await verdict(on: text)
    let (after, found) = await verdict(on: PipelineText(file: text.file, text: edit.text, path: text.path))
    let new = found.filter { problem in !known.contains { $0.code == problem.code && $0.message == problem.message } }
    guard new.isEmpty else {
      throw Problems(
        new.map { problem in
          var problem = problem
          problem.location = nil
          return problem
        })
    }
    if let before, let after { try compare(before, after) }
    return RuleChange(
      file: text.file, lines: try write(edit.text, over: text, at: place(ofPipeline: name).url).lines)
  }

  /// Writes a pipeline's file.
  /// - Throws: `not-writable`.
  func write(_ new: String, over old: PipelineText, at url: URL) throws(Problem) -> FileEdit {
    do { try Data(new.utf8).write(to: url.resolvingSymlinksInPath(), options: .atomic) } catch {
      throw Problem(
        "not-writable", "The file \(old.file) can't be written.", hint: "Check its permissions.", cause: error)
    }
    return FileEdit(file: old.file, before: old.text, after: new)
  }

  private func verdict(on text: PipelineText) async -> (Plan?, [Problem]) {
    do { return (try await validate(RunRequest(text)), []) } catch let error as InvalidPipeline {
      return (nil, error.problems.all)
    } catch { return (nil, Problems.of(error)) }
  }
}
