extension PipelineReading {
  private static let reasons: [(String, RetryPolicy.Reason)] = [
    ("timeout", .timeout), ("network", .network), ("unavailable", .unavailable), ("authentication", .authentication),
    ("quality", .quality), ("connection timeout", .timeout), ("temporary network errors", .network),
    ("network errors", .network),
    ("source database unavailable", .unavailable), ("authentication failures", .authentication),
    ("data quality violations", .quality), ("data quality", .quality),
  ]

  /// `3`, `false`, or a map in any of the documented shapes.
  func retry(_ setting: Setting) -> RetryPolicy {
    switch setting.content {
    case .toggle(let isOn): return isOn ? RetryPolicy() : .none
    case .integer(let count) where count >= 0: return count == 0 ? .none : RetryPolicy(maxRetries: count)
    case .map: return retryMap(setting)
    default:
      problems.add(
        Problem(
          "wrong-type", "A retry policy is a number of retries, or a map.", hint: "Write retry: 3.",
          at: setting.location))
      return .none
    }
  }

  private func retryMap(_ setting: Setting) -> RetryPolicy {
    var map = MapReader(setting, problems)
    var policy = RetryPolicy()
    policy.isEnabled = map.toggle("enabled") ?? true
    policy.delays = delays(map.value("delays", "retry_delays"))
    let count = map.count("max_retries", "max_attempts", "maximum_attempts", "attempts", "retries")
    policy.maxRetries = count ?? (policy.delays.isEmpty ? policy.maxRetries : policy.delays.count)
    policy.initialDelay =
      map.timeSpan("initial_delay_seconds", "initial_delay", "retry_delay", "delay", "delay_seconds")
      ?? policy.initialDelay
    let exponential = map.toggle("exponential_backoff")
    policy.backoff =
      map.choice("backoff", "backoff_type", "strategy", from: RetryPolicy.Backoff.allCases.map { ($0.rawValue, $0) })
      ?? (exponential == false ? .fixed : policy.delays.isEmpty ? .exponential : .custom)
    if let multiplier = map.number("backoff_multiplier", "multiplier") {
      if multiplier >= 1, multiplier.isFinite {
        policy.multiplier = multiplier
      } else {
        let place = (setting["backoff_multiplier"] ?? setting["multiplier"])?.location
        problems.add(Problem("wrong-type", "The multiplier must be at least 1.", at: place))
      }
    }
    if let names = map.value("retry_on", "error_types") { policy.retryOn = reasons(names) }
    map.refuseRest(
      of: "A retry policy",
      suggesting: ["enabled", "max_retries", "initial_delay", "backoff", "backoff_multiplier", "delays", "retry_on"])
    return policy
  }

  private func delays(_ setting: Setting?) -> [Double] {
    (setting?.elements ?? []).compactMap { element in
      do throws(Problem) {
        return try TimeSpan.seconds(element)
      } catch {
        problems.add(Problem(error.code, "A retry delay \(error.message)", hint: error.hint, at: element.location))
        return nil
      }
    }
  }

  private func reasons(_ setting: Setting) -> Set<RetryPolicy.Reason> {
    Set(
      setting.elements.compactMap { element in
        let text = element.text ?? ""
        if let found = Self.reasons.first(where: { MapReader.fold($0.0) == MapReader.fold(text) }) { return found.1 }
        let names = RetryPolicy.Reason.allCases.map(\.rawValue)
        problems.add(
          Problem(
            "unknown-choice", "Weir knows no kind of failure \"\(text)\".",
            hint: Nearest.hint(text, among: names) ?? "It must be one of \(names.joined(separator: ", ")).",
            at: element.location))
        return nil
      })
  }
}
