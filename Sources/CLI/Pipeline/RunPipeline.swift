import ArgumentParser
import Execution
import Foundation
import Glibc
import Pipelines
import Workspace

struct RunPipeline: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Run a pipeline.")
  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var limits: LimitOptions
  @Option(
    help: ArgumentHelp(
      "Go on after a run that failed: writes it has done are left out. Rows kept in memory are read again. The file must be unchanged; parameters and logical time are those of that run.",
      valueName: "run"))
  var resume: String?
  @Flag(help: "Run in a process of its own.") var isolated = false
  @Option(help: "With --isolated: seconds without progress until the run is ended.") var standstill: Double?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let standstill = try Usage.check(seconds: standstill, "--standstill")
    guard standstill == nil || isolated else {
      throw Problem("usage", "--standstill watches a run in a process of its own.", hint: "Add --isolated.")
    }
    let workspace = try await common.open()
    var request = try pipeline.request(in: workspace)
    if let resume {
      guard request.parameters.isEmpty else {
        throw Problem(
          "usage", "--resume takes the parameters of the run it resumes.",
          hint: "Leave --var, --start-date and --end-date away.")
      }
      request = try await workspace.requestToResume(resume, text: request.text)
    }
    try limits.apply(to: &request)
    try await RunInTerminal(workspace: workspace, common: common, isolated: isolated, standstill: standstill).perform(
      request)
  }
}

struct Replay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run again what an earlier run ran, or feed in again the rows it rejected.",
    discussion: """
      Without --rejects the same text runs with the same parameters and logical time. With --rejects only the rows that the run set aside go \
      in again, at the step that set them aside, through the pipeline as its file is now; what passes is added to the targets, once.
      """)
  @Argument(help: "A run's id, or latest.") var id: String
  @OptionGroup var limits: LimitOptions
  @Flag(help: "Only the rows that run rejected.") var rejects = false
  @Option(help: "With --rejects: only those this rule rejected.") var rule: String?
  @Option(help: "With --rejects: only those of this step.") var step: String?
  @Flag(help: "Only what that run left undone: writes that succeeded are left out (as weir run --resume).") var failed =
    false
  @Flag(help: "Run in a process of its own.") var isolated = false
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let workspace = try await common.open()
    let feeds = rejects || rule != nil || step != nil
    guard !feeds || !(failed || limits.fullRefresh || limits.limit != nil) else {
      throw Problem(
        "usage", "--rejects takes the rejected rows and nothing else.",
        hint: "Leave --failed, --full-refresh and --limit away.")
    }
    var request: RunRequest
    if feeds {
      request = try await workspace.requestToFeed(id, rule: rule, step: step)
    } else {
      request = failed ? try await workspace.requestToResume(id) : try await workspace.requestToReplay(id)
    }
    try limits.apply(to: &request)
    try await RunInTerminal(workspace: workspace, common: common, isolated: isolated, standstill: nil).perform(request)
  }
}

/// A run as somebody at a terminal sees it: progress, receipt, exit code; Ctrl-C takes back and leaves.
struct RunInTerminal {
  var workspace: Workspace
  var common: CommonOptions
  var isolated: Bool
  var standstill: Double?

  func perform(_ request: RunRequest) async throws {
    let cancellation = Cancellation()
    let signals = SignalWatch(cancelling: cancellation)
    let progress = Progress(
      isShown: !common.quiet, isLive: Terminal.isTerminal(2) && !common.quiet, isDebug: common.debug)
    let run: Run
    do {
      if isolated {
        var launch = WorkerProcess.Launch(program: Program.path, directory: workspace.directory.path)
        launch.standstill = standstill
        run = try await workspace.runIsolated(request, worker: launch, cancellation: cancellation) { progress.show($0) }
      } else {
        run = try await workspace.run(request, cancellation: cancellation) { progress.show($0) }
      }
    } catch {
      progress.end()
      throw error
    }
    progress.end()
    let hasBegun = run.steps.contains { $0.attempts > 0 }
    try common.show(run) {
      !hasBegun && run.status == .failed ? "" : ReceiptView(run: run, isColored: common.isColored).text
    }
    if !run.problems.isEmpty, common.output == .table {
      ProblemPrinter(isColored: common.isColored).printAll(run.problems)
      Terminal.writeError(FixView(run: run, isColored: common.isColored).suggestions)
    }
    switch run.status {
    // A signal that came when everything had landed changes nothing.
    case .success, .warning: return
    case .paused: throw Leave(code: 3)
    case .cancelled: throw Leave(code: 128 + (signals.caught ?? SIGINT))
    default: throw Leave(code: !hasBegun && run.problems.allSatisfy(\.code.isWrongUsage) ? 2 : 1)
    }
  }
}

/// The hidden verb that runs one request for another process.
struct Worker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(shouldDisplay: false)
  @Option var workspace: String

  func run() async throws {
    let parent = ParentLine()
    guard let request = parent.request() else { throw Leave(code: 2) }
    let cancellation = Cancellation()
    let signals = SignalWatch(cancelling: cancellation)
    parent.watch(cancelling: cancellation)
    let opened = try await Workspace(directory: URL(filePath: workspace))
    await opened.work(request, cancellation: cancellation) { try parent.tell($0) }
    if let signal = signals.caught { throw Leave(code: 128 + signal) }
  }
}

enum Program {
  /// The file this process runs.
  static var path: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }
}
