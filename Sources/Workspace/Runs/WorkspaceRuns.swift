import Execution
import Foundation
import Pipelines

/// Mistakes in a pipeline file or in how it was asked to run; nothing was begun.
package struct InvalidPipeline: Error {
  package var problems: Problems
}

extension Workspace {
  /// Runs a pipeline to its end in this process, recording everything that happens.
  /// - Parameter onEvent: sees every event after it was recorded, secrets hidden.
  /// - Returns: the run, whether it went well or not; its `problems` say why not.
  /// - Throws: `InvalidPipeline` before anything is begun; `Problems` if the run could not be begun or recorded.
  package func run(
    _ request: RunRequest, cancellation: Cancellation = Cancellation(),
    onEvent: @escaping @Sendable (RunEvent) async -> Void = { _ in }
  ) async throws -> Run {
    let redactor = Redactor()
    let prepared = try await prepare(request, redactor)
    let recorder = try await begin(request, prepared.plan, redactor)
    let bound: BoundPlan
    do {
      bound = try await bind(prepared, cancellation)
    } catch {
      if cancellation.isCancelled {
        try await recorder.cancel()
      } else if let waiting = error as? AwaitingInput {
        for event in prepared.plan.pause(for: waiting) { try await take(event, recorder, request, onEvent) }
      } else {
        try await recorder.fail(Problems.of(error))
      }
      try await settle(request.letters, after: recorder.run, prepared)
      return await recorder.run
    }
    let progress = Runner(prepared.check).run(bound)
    cancellation.onCancel(progress.cancel)
    do {
      for await event in progress.events { try await take(event, recorder, request, onEvent) }
    } catch {
      // What can't be recorded any more must not go on.
      progress.cancel()
      for await _ in progress.events {}
      throw error
    }
    try await settle(request.letters, after: recorder.run, prepared)
    return await recorder.run
  }

  /// Runs a pipeline in a process of its own, recording what that tells.
  package func runIsolated(
    _ request: RunRequest, worker: WorkerProcess.Launch, cancellation: Cancellation = Cancellation(),
    onEvent: @escaping @Sendable (RunEvent) async -> Void = { _ in }
  ) async throws -> Run {
    let redactor = Redactor()
    var unlimited = request
    // The limits are the worker's; what this process holds doesn't count.
    unlimited.limits = EngineLimits()
    let prepared = try await prepare(unlimited, redactor)
    let recorder = try await begin(request, prepared.plan, redactor)
    let process: WorkerProcess
    do { process = try WorkerProcess(worker, request: request) } catch {
      try await recorder.fail(Problems.of(error))
      return await recorder.run
    }
    cancellation.onCancel { process.cancel() }
    do {
      try await recorder.follow(ProcessMark(id: process.id))
      for await message in process.messages {
        switch message {
        case .success(.event(let event)): try await take(event, recorder, request, onEvent)
        case .success(.problems(let problems)): try await recorder.fail(problems)
        case .success(.committing): break
        case .failure(let problem):
          try await recorder.fail([problem])
          process.cancel()
        }
      }
    } catch {
      // What can't be recorded any more must not go on.
      process.cancel()
      _ = await process.ending()
      throw error
    }
    let ending = await process.ending()
    let run = await recorder.run
    if !run.status.isOver, run.status != .paused {
      if cancellation.isCancelled && !ending.leavesOpen {
        try await recorder.cancel()
      } else {
        try await recorder.fail([ending.problem(memoryBytes: request.limits.memoryBytes)])
      }
    }
    try await settle(request.letters, after: recorder.run, prepared)
    return await recorder.run
  }

  /// Binding asks sources for their columns, which can take long; a cancellation ends it.
  private func bind(_ prepared: Prepared, _ cancellation: Cancellation) async throws -> BoundPlan {
    let task = Task { try await prepared.check.check(prepared.plan) }
    cancellation.onCancel { task.cancel() }
    return try await task.value
  }

  /// What a worker process does: runs without recording and hands everything to `tell`; if that fails, the run is cancelled.
  package func work(
    _ request: RunRequest, cancellation: Cancellation, tell: @escaping @Sendable (WorkerMessage) throws -> Void
  ) async {
    let say: @Sendable (WorkerMessage) -> Void = { message in
      do { try tell(message) } catch { cancellation.cancel() }
    }
    var paused: Plan?
    do {
      let prepared = try await prepare(request, Redactor()) { step in
        say(.committing(step: step))
        if cancellation.isCancelled { throw CancellationError() }
      }
      paused = prepared.plan
      let bound = try await bind(prepared, cancellation)
      let progress = Runner(prepared.check).run(bound)
      cancellation.onCancel(progress.cancel)
      for await event in progress.events { say(.event(event)) }
    } catch let waiting as AwaitingInput {
      for event in paused?.pause(for: waiting) ?? [] { say(.event(event)) }
    } catch let error as InvalidPipeline {
      say(.problems(error.problems.all))
    } catch {
      say(.problems(Problems.of(error)))
    }
  }

  /// Runs the same text again that an earlier run was made of, with its parameters and logical time.
  package func requestToReplay(_ id: String) async throws -> RunRequest {
    let run = try await requireRun(id)
    guard let version = try await store.version(run.version) else {
      throw Problem(
        "unknown-version", "The text that run \(run.id) was made of is no longer kept.",
        hint: "Run the file as it is now: weir run.")
    }
    var request = RunRequest(
      PipelineText(
        file: version.file ?? "\(version.pipeline).yaml", text: try vault.opened(version.text, as: version.hash)),
      because: .replay, parameters: try parameters(of: run), time: run.logicalTime)
    request.options.fixes = run.appliedFixes
    return request
  }

  /// What a run was given, secrets included.
  func parameters(of run: Run) throws -> [String: String] {
    guard let sealed = run.sealedParameters else { return run.parameters }
    return try Document.read([String: String].self, from: vault.opened(sealed, as: run.id))
  }

  /// Goes on after a run that failed: the same text, parameters and logical time, without the writes that run has done.
  /// - Parameter text: what the file says now; it must be what that run was made of.
  /// - Throws: `unknown-run`, `changed-text`, `not-failed`.
  package func requestToResume(_ id: String, text: PipelineText? = nil) async throws -> RunRequest {
    let run = try await requireRun(id)
    if let text, text.hash != run.version {
      throw Problem(
        "changed-text", "The file \(text.file) has changed since run \(run.id), so that run can't be resumed with it.",
        hint: "weir replay \(run.id) --failed goes on with the text as it was; weir run starts from the beginning.")
    }
    guard [.failed, .cancelled].contains(run.status) else {
      throw Problem(
        "not-failed", "Run \(run.id) is \(run.status.rawValue): there is nothing to resume.",
        hint: "weir replay \(run.id) runs it all again.")
    }
    if let step = run.steps.first(where: { $0.problem?.isCommitUnknown == true }) {
      throw Problem.commitUnknown(
        "Run \(run.id) can't be resumed: whether the rows of \"\(step.id)\" are there isn't known.")
    }
    var request = try await requestToReplay(run.id)
    request.resumes = run.id
    var earlier: Run? = run
    while let one = earlier {
      request.options.done.formUnion(one.steps.filter { $0.kind == "write" && $0.status == .success }.map(\.id))
      earlier = if let id = one.resumes { try await store.run(id) } else { nil }
    }
    return request
  }

  /// The run that was resumed first, where `request` resumes one.
  private func firstRun(before request: RunRequest) async throws -> String? {
    var first = request.resumes
    while let id = first, let earlier = try await store.run(id)?.resumes { first = earlier }
    return first
  }

  package func requireRun(_ id: String) async throws -> Run {
    guard let run = try await store.run(id) else {
      throw Problem(
        "unknown-run", "There is no run \"\(id)\".", hint: "weir runs list shows them; latest is the last one.")
    }
    return run
  }

  /// A plan with its schema check, made for one request.
  struct Prepared {
    var plan: Plan
    var check: SchemaCheck
    var engine: Engine
  }

  /// - Parameter willCommit: see `RunContext.willCommit`.
  func prepare(
    _ request: RunRequest, _ redactor: Redactor, willCommit: @escaping @Sendable (String) throws -> Void = { _ in }
  ) async throws -> Prepared {
    let folder = folder(of: request.id)
    let engine = try Engine(limits: request.limits, folder: folder.url.path)
    do {
      var spec = try parse(request.text, for: request, redactor)
      spec.apply(request.options.fixes)
      let plan = try await plan(spec, engine, redactor, isFullRefresh: request.options.fullRefresh)
      try await refuseSharedCursors(plan, request.text)
      var context = RunContext(
        runID: request.id, pipeline: Run.slug(spec.name), time: request.time, folder: folder.url.path)
      context.limits = request.limits
      context.options = request.options
      context.willCommit = willCommit
      context.resumed = try await firstRun(before: request)
      context.redact = redactor.redactValues
      context.seal = { [vault] in try vault.sealed($0, as: request.id) }
      context.directory = directory.path
      do { context.qualityTarget = try spec.qualityTarget() } catch { throw Problems([error]) }
      context.history = try await store.measures(pipeline: spec.name)
      context.cursors = try await store.keptCursors(pipeline: spec.name)
      context.answers = try await store.decisions(pipeline: spec.name).map(\.answer) + request.answers
      if let choice = request.letters {
        let batch = try batch(choice)
        context.letters = batch
        context.options.done = try await landed(batch, of: plan, context).writes
      }
      let check = SchemaCheck(engine, context)
      try check.readPrograms(of: plan)
      return Prepared(plan: plan, check: check, engine: engine)
    } catch let problems as Problems {
      throw InvalidPipeline(problems: problems)
    }
  }

  private func begin(_ request: RunRequest, _ plan: Plan, _ redactor: Redactor) async throws -> RunRecorder {
    try await claimCursors(plan, request.text)
    if request.continues {
      var run = try await store.claim(request.id, by: .current)
      run.appliedFixes = request.options.fixes
      return try await feeding(
        request, RunRecorder(run, store: store, folder: folder(of: request.id), redactor: redactor))
    }
    let (name, file) = (redactor.redact(plan.name), redactor.redact(request.text.file))
    try await store.keep(
      PipelineVersion(
        hash: request.text.hash, pipeline: name, file: file, text: try vault.sealed(request.text, redactor)))
    var run = Run(
      id: request.id, pipeline: name, file: file, version: request.text.hash, trigger: request.trigger,
      parameters: redactor.redact(parameters: request.parameters), startedAt: Date(), logicalTime: request.time)
    if run.parameters != request.parameters {
      run.sealedParameters = try vault.sealed(Document.line(request.parameters), as: run.id)
    }
    run.resumes = request.resumes
    run.feeds = request.letters?.run
    run.appliedFixes = request.options.fixes
    run.steps = plan.steps.map { StepRun(id: $0.id, kind: $0.work.kind) }
    return try await feeding(
      request, RunRecorder(run, store: store, folder: folder(of: request.id), redactor: redactor))
  }

  /// Takes the dead letters the run feeds in for it.
  private func feeding(_ request: RunRequest, _ recorder: RunRecorder) async throws -> RunRecorder {
    if let letters = request.letters {
      do { try await store.beginFeed(letters, by: request.id) } catch {
        try await recorder.fail(Problems.of(error))
        throw error
      }
    }
    return recorder
  }
}
