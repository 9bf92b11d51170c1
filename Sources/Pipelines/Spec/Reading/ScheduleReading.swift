extension PipelineReading {
  private static let macros = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
  private static let types = ["cron", "interval", "once", "event", "real_time", "manual"]

  /// Cron text, a length of time, `manual`, or a map (`{cron, timezone}`, `{type: …}`).
  func schedule(_ setting: Setting?) -> ScheduleSpec? {
    guard let setting else { return nil }
    if let text = setting.text { return schedule(text, timezone: "UTC", at: setting.location) }
    guard case .map = setting.content else {
      problems.add(
        Problem(
          "wrong-type", "A schedule is a cron expression or a map.", hint: "Write schedule: \"0 6 * * *\".",
          at: setting.location))
      return nil
    }
    var map = MapReader(setting, problems)
    let timezone = map.text("timezone", "time_zone", "tz") ?? "UTC"
    let type = map.text("type", "mode").map(MapReader.fold)
    if map.toggle("enabled") == false { return .manual }
    switch type ?? Self.kind(of: setting) {
    case "cron":
      guard let expression = map.value("cron", "expression", "cron_expression") else {
        return missing("cron", in: setting)
      }
      map.refuseRest(of: "A schedule", suggesting: ["cron", "timezone", "type", "enabled"])
      return schedule(expression.text ?? "", timezone: timezone, at: expression.location)
    case "interval":
      let every = map.timeSpan("every", "interval", "interval_seconds", "seconds")
      if every == nil, setting["every"] == nil, setting["interval"] == nil, setting["interval_seconds"] == nil,
        setting["seconds"] == nil
      {
        return missing("every", in: setting)
      }
      map.refuseRest(of: "A schedule", suggesting: ["every", "timezone", "type", "enabled"])
      return every.flatMap { interval($0, at: setting.location) }
    case "once":
      guard let at = map.text("once", "at", "once_at", "run_at") else { return missing("at", in: setting) }
      map.refuseRest(of: "A schedule", suggesting: ["at", "timezone", "type", "enabled"])
      return .once(at: at)
    case "event": return .event(setting["event"] ?? setting)
    case "realtime": return .realTime(setting)
    case "manual": return .manual
    default:
      problems.add(
        Problem(
          "unknown-choice", "Weir knows no schedule of this kind.",
          hint: setting["type"]?.text.flatMap { Nearest.hint($0, among: Self.types) }
            ?? "It must be one of \(Self.types.joined(separator: ", ")).",
          at: setting["type"]?.location ?? setting.location))
      return nil
    }
  }

  private static func kind(of setting: Setting) -> String {
    let keys = Set(setting.entries.map(\.key))
    if !keys.isDisjoint(with: ["cron", "expression", "cron_expression"]) { return "cron" }
    if !keys.isDisjoint(with: ["every", "interval", "interval_seconds"]) { return "interval" }
    if !keys.isDisjoint(with: ["once", "once_at", "at", "run_at"]) { return "once" }
    return keys.contains("event") ? "event" : ""
  }

  private func schedule(_ text: String, timezone: String, at location: Location) -> ScheduleSpec? {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    let cron = ScheduleSpec.cron(expression: words.joined(separator: " "), timezone: timezone)
    if words.first?.hasPrefix("@") == true, words.count == 1 {
      if Self.macros.contains(words[0].lowercased()) { return cron }
      problems.add(
        Problem(
          "wrong-schedule", "Weir knows no schedule \"\(text)\".",
          hint: Nearest.hint(words[0], among: Self.macros) ?? "Known are \(Self.macros.joined(separator: ", ")).",
          at: location))
      return nil
    }
    if words.count == 1, ["manual", "none"].contains(words[0].lowercased()) { return .manual }
    let span =
      words.first?.lowercased() == "every" || words.first?.lowercased() == "@every" ? words.dropFirst() : words[...]
    if words.count <= 3, let seconds = TimeSpan.seconds(span.joined(separator: " ")) {
      return interval(seconds, at: location)
    }
    let isCron = (5...6).contains(words.count) && words.allSatisfy(Self.isCronField)
    if isCron { return cron }
    problems.add(
      Problem(
        "wrong-schedule", "\"\(text)\" is neither a cron expression nor a length of time.",
        hint: "A cron expression has five fields: minute, hour, day, month, weekday; 0 6 * * * is every day at 6:00.",
        at: location))
    return nil
  }

  private static func isCronField(_ field: String) -> Bool {
    field.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "*/,-?#".contains($0)) }
  }

  private func interval(_ seconds: Double, at location: Location) -> ScheduleSpec? {
    guard seconds >= 1 else {
      problems.add(Problem("wrong-schedule", "The shortest interval is one second.", at: location))
      return nil
    }
    return .interval(seconds: seconds)
  }

  private func missing(_ name: String, in setting: Setting) -> ScheduleSpec? {
    problems.add(Problem("missing-setting", "The schedule needs \"\(name)\".", at: setting.location))
    return nil
  }
}
