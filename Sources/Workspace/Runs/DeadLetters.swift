import Execution
import Foundation
import Pipelines

/// A row that a run set aside, as people see it.
package struct KeptReject: Sendable, Codable {
  /// Names it within its run.
  package var number: Int
  package var step, position, original, rule, reason: String
  /// Whether the row landed all the same, with a flag.
  package var isFlagged: Bool
  /// Whether it landed all the same, with the values emptied that break the rule.
  package var isEmptied: Bool
  /// The run that fed it in again.
  package var replayedBy: String?
}

/// Which dead letters of which run a run feeds in again.
package struct LetterChoice: Sendable, Codable, Hashable {
  package var run: String
  /// Names exactly these letters.
  package var batch: String
  package var numbers: [Int]
}

extension RunFolder {
  /// The dead letters of the run by number.
  func letters() -> [Int: DeadLetter] {
    guard let text = try? String(contentsOf: rejects, encoding: .utf8) else { return [:] }
    var letters: [Int: DeadLetter] = [:]
    for (number, line) in text.split(separator: "\n").enumerated() {
      if let letter = try? Document.read(DeadLetter.self, from: String(line)) { letters[number] = letter }
    }
    return letters
  }
}

extension Workspace {
  /// The rows a run set aside, in the order in which they came.
  package func rejects(of run: Run) async throws -> [KeptReject] {
    let feeds = try await store.feeds(of: run.id).filter(\.isDone)
    let fedBy = Dictionary(feeds.flatMap { feed in feed.numbers.map { ($0, feed.fedBy) } }, uniquingKeysWith: { $1 })
    return folder(of: run.id).letters().sorted { $0.key < $1.key }.map { number, letter in
      KeptReject(
        number: number, step: letter.step, position: letter.position, original: letter.original, rule: letter.rule,
        reason: letter.reason,
        isFlagged: letter.isFlagged == true, isEmptied: letter.isEmptied == true, replayedBy: fedBy[number])
    }
  }

  /// Feeds rows that a run set aside into its pipeline again, as the file is now, with that run's parameters and logical time. A batch that
  /// an earlier replay left unfinished goes first, whatever is chosen.
  /// - Throws: `unknown-run`, `nothing-landed`, `in-progress`, `no-rejects`, `missing-file`.
  package func requestToFeed(_ id: String, rule: String? = nil, step: String? = nil) async throws -> RunRequest {
    let run = try await requireRun(id)
    guard [.success, .warning].contains(run.status) else {
      throw Problem(
        "nothing-landed",
        "Run \(run.id) is \(run.status.rawValue), so there is nothing its rejected rows could be added to.",
        hint: "Run it again: weir replay \(run.id).")
    }
    let letters = folder(of: run.id).letters()
    let feeds = try await store.feeds(of: run.id)
    let choice: LetterChoice
    if let unfinished = feeds.first(where: { !$0.isDone }) {
      choice = LetterChoice(run: run.id, batch: unfinished.batch, numbers: unfinished.numbers)
    } else {
      let done = Set(feeds.flatMap(\.numbers))
      let chosen = letters.filter { number, letter in
        !done.contains(number) && !letter.hasGoneOn && (rule ?? letter.rule) == letter.rule
          && (step ?? letter.step) == letter.step
      }
      guard !chosen.isEmpty else { throw nothingToFeed(run, letters, feeds) }
      let rows = Set(chosen.values.map(\.row))
      let numbers = letters.filter {
        rows.contains($0.value.row) && !done.contains($0.key) && !$0.value.hasGoneOn
      }.keys.sorted()
      let name = PipelineText(file: "", text: "\(run.id) \(numbers)").hash.prefix(16)
      choice = LetterChoice(run: run.id, batch: "letters-\(name)", numbers: numbers)
    }
    var request = RunRequest(
      try pipeline(run.file ?? run.pipelineId), because: .replay, parameters: try parameters(of: run),
      time: run.logicalTime)
    request.letters = choice
    return request
  }

  private func nothingToFeed(_ run: Run, _ letters: [Int: DeadLetter], _ feeds: [LetterFeed]) -> Problem {
    let by = feeds.map(\.fedBy).last
    return Problem(
      "no-rejects",
      letters.isEmpty
        ? "Run \(run.id) set no rows aside." : "Run \(run.id) has no such rejected rows that could be fed in.",
      hint: by.map { "Run \($0) fed rows in; those it rejected again are its own: weir rejects list \($0)." }
        ?? (letters.isEmpty
          ? nil : "weir rejects list \(run.id) shows them; rows that were only flagged or lost values have landed."))
  }

  /// The rows of a choice, one letter each, secrets opened.
  func batch(_ choice: LetterChoice) throws -> LetterBatch {
    let letters = folder(of: choice.run).letters()
    var seen: Set<DeadLetter.Row> = []
    let rows = try choice.numbers.compactMap { number -> DeadLetter? in
      guard var letter = letters[number], seen.insert(letter.row).inserted else { return nil }
      if let sealed = letter.sealed { letter.original = try vault.opened(sealed, as: choice.run) }
      return letter
    }
    return LetterBatch(name: choice.batch, letters: rows)
  }

  /// The writes in which a batch has landed already, as far as their targets can tell, and whether all of them can.
  func landed(
    _ batch: LetterBatch, of plan: Plan, _ context: RunContext
  ) async throws -> (writes: Set<String>, isCertain: Bool) {
    var writes: Set<String> = []
    var isCertain = true
    for step in plan.steps {
      guard case .write(let destination, let spec) = step.work else { continue }
      let key = batch.stateKey(step.id, in: context)
      if type(of: destination).keepsState {
        if try await destination.storedState([key], for: spec.target)[key] != nil { writes.insert(step.id) }
      } else {
        isCertain = false
      }
    }
    return (writes, isCertain)
  }

  /// After a run that fed letters in: they are done if it went well, free again if none of them can have landed.
  func settle(_ choice: LetterChoice?, after run: Run, _ prepared: Prepared) async throws {
    guard let choice, let batch = prepared.check.context.letters else { return }
    if [.success, .warning].contains(run.status) { return try await store.finishFeed(choice) }
    guard let landed = try? await landed(batch, of: prepared.plan, prepared.check.context) else { return }
    if landed.isCertain && landed.writes.isEmpty { try await store.dropFeed(choice) }
  }
}
