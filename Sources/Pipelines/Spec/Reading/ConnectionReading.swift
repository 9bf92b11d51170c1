extension PipelineReading {
  /// A connection's name, a URL, a path, or a map with the connector's settings.
  func connection(_ setting: Setting) -> ConnectionReference? {
    switch setting.content {
    case .map: return inlineConnection(setting)
    case .list, .null:
      problems.add(
        Problem(
          "wrong-type", "A connection is a name, a URL, a path, or a map with type and settings.", at: setting.location)
      )
      return nil
    default:
      let text = setting.text ?? ""
      return ConnectionReference(Self.isAddress(text) ? .url(text) : .named(text), at: setting.location)
    }
  }

  /// Whether a text is a URL or path rather than a connection's name.
  static func isAddress(_ text: String) -> Bool {
    text.contains("://") || text.contains { "/\\*.?".contains($0) } || text == "-" || text.hasPrefix("~")
  }

  /// `{type | connector_type: …, …}`, `{connector_type: …, config: {…}}`, `{connector_id | connection: name}`.
  func inlineConnection(_ setting: Setting) -> ConnectionReference? {
    var map = MapReader(setting, problems)
    if let name = map.text("connection", "connector_id", "connectorId") {
      return ConnectionReference(.named(name), at: setting.location)
    }
    guard let type = map.text("connector_type", "type", "connector") else {
      if setting["url"]?.text != nil, setting.entries.count == 1, let url = map.text("url") {
        return ConnectionReference(.url(url), at: setting.location)
      }
      problems.add(
        Problem(
          "missing-setting", "The connection doesn't say of which type it is.",
          hint: "Add type: with a connector's name (weir connections types lists them).", at: setting.location))
      return nil
    }
    _ = map.value("connector_type")
    _ = map.value("type")
    _ = map.value("name")
    let nested = (map.value("config")?.entries ?? []) + (map.value("credentials")?.entries ?? [])
    let settings = Setting(
      .map(nested + (map.rest?.entries ?? [])), at: setting["config"]?.location ?? setting.location)
    return ConnectionReference(.inline(connector: type, settings: settings), at: setting.location)
  }
}
