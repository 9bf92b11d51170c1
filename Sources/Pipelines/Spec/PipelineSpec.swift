import Tabular

/// What a pipeline file says, in one shape, whichever of the accepted forms it was written in.
package struct PipelineSpec: Sendable {
  package var name: String
  package var description: String?
  package var schedule: ScheduleSpec?
  package var parameters: [ParameterSpec]
  package var steps: [StepSpec]
  /// For every step that has none of its own.
  package var retry: RetryPolicy
  package var tests: [PipelineTest]
  /// Sections that later parts of Weir read (alerts, notifications, depends_on, id …), kept as written.
  package var sections: [String: Setting]
  package var location: Location

  package init(
    name: String, description: String? = nil, schedule: ScheduleSpec? = nil, parameters: [ParameterSpec] = [],
    steps: [StepSpec], retry: RetryPolicy = .none, tests: [PipelineTest] = [], sections: [String: Setting] = [:],
    location: Location
  ) {
    self.name = name
    self.description = description
    self.schedule = schedule
    self.parameters = parameters
    self.steps = steps
    self.retry = retry
    self.tests = tests
    self.sections = sections
    self.location = location
  }
}

/// A value a run may be given: `weir run file --var start_date=2025-10-01`.
package struct ParameterSpec: Sendable, Hashable {
  package var name: String
  package var defaultText: String?
  package var summary: String?
  package init(name: String, defaultText: String? = nil, summary: String? = nil) {
    self.name = name
    self.defaultText = defaultText
    self.summary = summary
  }
}

/// When a pipeline runs (C44).
package enum ScheduleSpec: Sendable, Hashable {
  case cron(expression: String, timezone: String)
  case interval(seconds: Double)
  case once(at: String)
  case event(Setting)
  case realTime(Setting)
  case manual
}

/// A named node of the graph.
package struct StepSpec: Sendable {
  package var id: String
  package var work: Work
  package var retry: RetryPolicy?
  /// Seconds; a step that takes longer fails.
  package var timeout: Double?
  /// The step whose rows are led into this one, if it doesn't stand in the text by itself but as an output of a split.
  package var isOutputOf: String?
  /// Whether the run tells what its rows are like; for a write, those it lands.
  package var isProfiled = false
  package var location: Location

  package enum Work: Sendable {
    case read(ReadSpec)
    case transform(TransformSpec)
    case check(CheckSpec)
    case write(WriteSpec)
  }

  package init(id: String, work: Work, retry: RetryPolicy? = nil, timeout: Double? = nil, location: Location) {
    self.id = id
    self.work = work
    self.retry = retry
    self.timeout = timeout
    self.location = location
  }
}

/// Which connection a step uses.
package struct ConnectionReference: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// The name of a connection of the workspace.
    case named(String)
    /// `postgres://user:password@host/db`, `duckdb:///file`, a path or web address of a file.
    case url(String)
    /// A connector's id or alias with its settings.
    case inline(connector: String, settings: Setting)
  }
  package var kind: Kind
  package var location: Location

  package init(_ kind: Kind, at location: Location) {
    self.kind = kind
    self.location = location
  }
}

package struct ReadSpec: Sendable {
  package enum Mode: Sendable, Hashable {
    case full
    /// Only rows whose `cursor` is at or after the last run's largest value, less `lag` (seconds for times, units for numbers).
    case incremental(cursor: String, lag: Double)
  }
  package var from: ConnectionReference
  package var subject: ReadRequest.Subject
  package var columns: [String]?
  package var filter: String?
  package var limit: Int?
  package var mode: Mode
  /// Bounds given in the file or by run parameters, in the source's own text.
  package var start: String?
  package var end: String?
  /// Everything else in the map: the connector's options.
  package var options: Setting?

  package init(
    from: ConnectionReference, subject: ReadRequest.Subject, columns: [String]? = nil, filter: String? = nil,
    limit: Int? = nil, mode: Mode = .full, start: String? = nil, end: String? = nil, options: Setting? = nil
  ) {
    self.from = from
    self.subject = subject
    self.columns = columns
    self.filter = filter
    self.limit = limit
    self.mode = mode
    self.start = start
    self.end = end
    self.options = options
  }
}

package struct TransformSpec: Sendable {
  package enum Body: Sendable {
    /// SQL over the steps it names.
    case sql(Setting)
    /// Operations in order, over the relation `on`.
    case operations([OperationSpec])
  }
  /// The step whose rows go in; nil = the step before in the file.
  package var on: String?
  package var body: Body

  package init(on: String? = nil, body: Body) {
    self.on = on
    self.body = body
  }
}

/// One operation as written: its name (or alias) and its settings.
package struct OperationSpec: Sendable {
  package var name: String
  package var settings: Setting
  package var location: Location

  package init(name: String, settings: Setting, location: Location) {
    self.name = name
    self.settings = settings
    self.location = location
  }
}

package struct CheckSpec: Sendable {
  package var on: String?
  package var rules: [RuleSpec]
  /// Other answers to broken rules than the file gives, for one run; by place among the rules, those of templates counted one by one.
  package var fixes: [Int: OnFail] = [:]

  package init(on: String? = nil, rules: [RuleSpec]) {
    self.on = on
    self.rules = rules
  }
}

/// One rule as written: its kind (`not_null`, `expression`, …) and its settings.
package struct RuleSpec: Sendable {
  package var name: String
  package var settings: Setting
  package var onFail: OnFail
  /// Whether the text says it.
  package var isOnFailGiven = false
  package var location: Location

  package init(name: String, settings: Setting, onFail: OnFail = .stop, location: Location) {
    self.name = name
    self.settings = settings
    self.onFail = onFail
    self.location = location
  }
}

/// What happens to rows that break a rule (C42).
package enum OnFail: String, SettingChoice, Codable {
  case stop, warn, flag, null, skip, alert, ask
}

package struct WriteSpec: Sendable {
  package var from: String?
  package var to: ConnectionReference
  package var target: WriteRequest.Target
  package var mode: WriteMode
  /// Whether the file names the mode; if not, the plan may choose a better one.
  package var isModeGiven = true
  package var key: [String]
  package var schemaPolicy: SchemaPolicy
  package var verify: VerifyLevel
  /// Only rows this SQL condition holds for.
  package var filter: String?
  /// Source column → target column.
  package var mapping: [String: String]
  package var options: Setting?

  package init(
    from: String? = nil, to: ConnectionReference, target: WriteRequest.Target, mode: WriteMode = .append,
    key: [String] = [],
    schemaPolicy: SchemaPolicy = .evolve, verify: VerifyLevel = .columns, filter: String? = nil,
    mapping: [String: String] = [:],
    options: Setting? = nil
  ) {
    self.from = from
    self.to = to
    self.target = target
    self.mode = mode
    self.key = key
    self.schemaPolicy = schemaPolicy
    self.verify = verify
    self.filter = filter
    self.mapping = mapping
    self.options = options
  }
}

/// A unit test of a pipeline: rows given to some steps, rows expected of others.
package struct PipelineTest: Sendable {
  package var name: String
  package var given: [String: Setting]
  package var expect: [String: Setting]
  package var location: Location

  package init(name: String, given: [String: Setting], expect: [String: Setting], location: Location) {
    self.name = name
    self.given = given
    self.expect = expect
    self.location = location
  }
}
