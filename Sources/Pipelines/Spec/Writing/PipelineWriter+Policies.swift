extension PipelineWriter {
  static func schedule(_ schedule: ScheduleSpec) -> Setting.Content {
    var map = MapWriting()
    switch schedule {
    case .cron(let expression, let timezone):
      if timezone == "UTC" { return .text(expression) }
      map.add("cron", expression)
      map.add("timezone", timezone)
    case .interval(let seconds): map.add("every", TimeSpan.text(seconds))
    case .once(let time):
      map.add("type", "once")
      map.add("at", time)
    case .event(let setting):
      if setting["type"] != nil { return setting.content }
      map.add("event", setting.content)
    case .realTime(let setting): return setting.content
    case .manual: return .text("manual")
    }
    return map.setting.content
  }

  static func parameter(_ parameter: ParameterSpec) -> Setting {
    var map = MapWriting()
    map.add("name", parameter.name)
    map.add("default", parameter.defaultText)
    map.add("description", parameter.summary)
    return map.setting
  }

  static func retry(_ policy: RetryPolicy) -> Setting.Content {
    if policy == .none { return .toggle(false) }
    var map = MapWriting()
    if !policy.isEnabled { map.add("enabled", .toggle(false)) }
    map.add("max_retries", .integer(policy.maxRetries))
    map.add("initial_delay", TimeSpan.text(policy.initialDelay))
    map.add("backoff", policy.backoff.rawValue)
    map.add("backoff_multiplier", .number(String(policy.multiplier)))
    if !policy.delays.isEmpty { map.add("delays", policy.delays.map(TimeSpan.text)) }
    if policy.retryOn != RetryPolicy().retryOn { map.add("retry_on", policy.retryOn.map(\.rawValue).sorted()) }
    return map.setting.content
  }

  static func test(_ test: PipelineTest) -> Setting {
    var map = MapWriting()
    map.add("name", test.name)
    if !test.given.isEmpty { map.add("given", rows(test.given)) }
    map.add("expect", rows(test.expect))
    return map.setting
  }

  private static func rows(_ steps: [String: Setting]) -> Setting.Content {
    var map = MapWriting()
    for (step, rows) in steps.sorted(by: { $0.key < $1.key }) { map.add(step, rows.content) }
    return map.setting.content
  }
}
