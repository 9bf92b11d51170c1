import Tabular

/// Keeps one row of those with the same key.
package struct Dedupe: Operation {
  package enum Keep: String, SettingChoice { case first, last }
  package enum Fold: String, SettingChoice { case auto, on, off }

  package struct Settings: Sendable {
    var keys: [FieldName] = []
    var keep = Keep.first
    var order = SortKeys()
    var fold = Fold.auto
    var similar: [FieldName] = []
    var threshold: Double?
  }

  package static let manifest = OperationManifest(
    name: "dedupe", aliases: ["deduplicate", "remove_duplicates", "deduplication", "distinct", "drop_duplicates"],
    summary: "Keeps one row of those with the same key; e-mail keys are compared without regard to case and spaces. "
      + "With `similar`, rows whose texts are nearly the same count as one: \"Jon Smith\" and \"John Smith\".",
    shorthand: "keys",
    example: """
      - dedupe: { keys: [email], keep: last, order_by: updated_at }
      - dedupe: { keys: [city], similar: [name], threshold: 0.85 }
      """,
    shown: Example(
      """
      - { id: 1, email: ann@example.com, updated_at: 2025-01-01 }
      - { id: 2, email: " Ann@Example.com", updated_at: 2025-02-01 }
      - { id: 3, email: bob@example.com, updated_at: 2025-01-15 }
      """,
      gives: """
        - { id: 2, email: " Ann@Example.com", updated_at: 2025-02-01 }
        - { id: 3, email: bob@example.com, updated_at: 2025-01-15 }
        """),
    badValues:
      "Empty keys are equal to each other; with `similar`, a row without a text is like no other. So many long or repetitive "
      + "texts that it would take very long to compare them (\(FuzzyMatch.mostInWords)) stop the run before they are compared.",
    settings: SettingsSchema(Settings()) {
      Field(\.keys, "keys", "Columns that make a row the same; all if not given.").also(
        "key", "fields", "field", "columns", "by", "on", "key_fields", "field_name")
      Field(\.keep, "keep", "first or last.")
      Field(\.order, "order_by", "What first and last mean; the order of reading if not given.").also(
        "order", "sort_by")
      Field(
        \.fold, "ignore_case",
        "Whether keys are compared without case and spaces around: auto (e-mail columns), on or off."
      ).also("normalize").advanced()
      Field(
        \.similar, "similar",
        "Columns whose texts need only be alike, without regard to case, accents and spaces; rows alike through a third one count as one too."
      ).also("fuzzy", "fuzzy_fields", "match_on")
      Field(
        \.threshold, "threshold",
        "How alike the texts of `similar` must be, from 0.5 to 1: 1 − changed characters / length of the longer text; 0.85 if not given."
      ).also("similarity", "min_similarity")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    // A threshold alone says that the keys need only be alike.
    var settings = settings
    if settings.threshold != nil, settings.similar.isEmpty { (settings.similar, settings.keys) = (settings.keys, []) }
    if let threshold = settings.threshold {
      guard !settings.similar.isEmpty else {
        throw Problem("missing-setting", "\"threshold\" needs \"similar\", the columns to compare.", at: location)
      }
      guard (0.5...1).contains(threshold) else {
        throw Problem("wrong-type", "\"threshold\" is \(threshold); it must be from 0.5 to 1.", at: location)
      }
    }
    self.settings = settings
    self.location = location
  }

  package var reach: OperationReach { .rows }
  package var effect: String {
    if !settings.similar.isEmpty {
      return
        "Keeps the \(settings.keep.rawValue) of rows whose \(settings.similar.map(\.name).joined(separator: ", ")) "
        + "are alike by \(settings.threshold ?? FuzzyMatch.usual) or more."
    }
    return settings.keys.isEmpty
      ? "Keeps one of rows that are equal in every column."
      : "Keeps the \(settings.keep.rawValue) row for each \(settings.keys.map(\.name).joined(separator: ", "))."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    guard !settings.keys.isEmpty || !settings.similar.isEmpty else { return "SELECT DISTINCT * FROM \(input.sql)" }
    var position = "__position"
    while input.schema[name: position] != nil { position += "_" }
    let place: SQL = settings.keep == .first ? "\(name: position)" : "\(name: position) DESC"
    var order = place
    if !settings.order.keys.isEmpty {
      let reading = settings.keep == .last ? settings.order.reversed : settings.order
      order = "\(try reading.sql(over: input)), \(place)"
    }
    let numbered: SQL = "SELECT *, row_number() OVER () AS \(name: position) FROM \(input.sql)"
    let groups = try keys(of: input)
    guard settings.similar.isEmpty else {
      let match = FuzzyMatch(
        keys: groups, texts: try texts(of: input), fields: settings.similar.map(\.name),
        threshold: settings.threshold ?? FuzzyMatch.usual, position: position,
        location: location)
      return match.select(names: input.schema.names, from: numbered, order: order)
    }
    return """
      SELECT \(names: input.schema.names) FROM (\(numbered)) \
      QUALIFY row_number() OVER (PARTITION BY \(groups) ORDER BY \(order)) = 1 ORDER BY \(name: position)
      """
  }

  private func keys(of input: Relation) throws(Problem) -> [SQL] {
    var keys: [SQL] = []
    for key in settings.keys {
      let access = try input.field(key)
      let name = key.name.lowercased()
      let isFolded =
        access.type.isText
        && (settings.fold == .on
          || settings.fold == .auto && (name.contains("email") || name.contains("e_mail") || name.contains("e-mail")))
      keys.append(isFolded ? "lower(trim(\(access.sql)))" : access.sql)
    }
    return keys
  }

  private func texts(of input: Relation) throws(Problem) -> [SQL] {
    var texts: [SQL] = []
    for field in settings.similar {
      let access = try input.field(field)
      guard access.type.isText || access.type.isUnknown else {
        throw Problem(
          "wrong-type",
          "\"similar\" compares text; column \"\(field.name)\" is \(access.type.inWords) (\(access.type)).",
          hint: "Name it among the \"keys\", which must be equal.", at: field.location)
      }
      texts.append(access.sql)
    }
    return texts
  }
}
